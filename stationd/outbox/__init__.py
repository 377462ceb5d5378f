"""Letters of a case: drafted from signed forms, sent once and only once, declared, proven."""
