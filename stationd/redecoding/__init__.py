"""Reading kept frames anew, with newer tables or corrected options: corrections, never edits."""
