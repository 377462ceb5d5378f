from datetime import UTC, date, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from stationd.billing.model import CREDITS, DEBITS, Line, LineKind, money
from stationd.billing.standing import statement

DAY = timedelta(days=1)
JUNE = date(2026, 6, 1)
AT = datetime(2026, 6, 1, tzinfo=UTC)


def line(
    kind: LineKind,
    amount: int,
    on: date = JUNE,
    due: date | None = None,
    period: tuple[date, date] | None = None,
    number: str = "",
) -> Line:
    return Line(
        id=number or f"{kind}-{amount}-{on}",
        contract_id="c",
        kind=kind,
        number=number or f"{kind}-{amount}-{on}",
        on=on,
        due_on=due,
        amount=amount,
        currency="USD",
        imported_at=AT,
        period_from=period and period[0],
        period_through=period and period[1],
    )


def invoice(amount: int, month: int, **more: str) -> Line:
    first = date(2026, month, 1)
    last = date(2026, month + 1, 1) - DAY
    return line(LineKind.INVOICE, amount, first, first + 14 * DAY, (first, last), **more)


def test_what_was_due_first_is_paid_first() -> None:
    stands = statement(
        [invoice(5000, 5), invoice(5000, 4), line(LineKind.PAYMENT, 6000, date(2026, 5, 2))],
        date(2026, 5, 20),
    )
    assert [(one.line.on, one.amount) for one in stands.unpaid] == [(date(2026, 5, 1), 4000)]
    assert (stands.balance, stands.overdue, stands.days_past_due) == (4000, 4000, 5)
    assert stands.oldest_due == date(2026, 5, 15)


def test_the_last_day_to_pay_counts_in_full() -> None:
    due = date(2026, 4, 15)
    assert statement([invoice(5000, 4)], due).overdue == 0
    after = statement([invoice(5000, 4)], due + DAY)
    assert (after.overdue, after.days_past_due, after.oldest_due) == (5000, 1, due)


def test_a_payment_that_came_back_makes_no_debt_younger() -> None:
    bounced = [
        invoice(5000, 4),
        line(LineKind.PAYMENT, 5000, date(2026, 4, 10)),
        line(LineKind.REVERSAL, 5000, date(2026, 5, 10)),
    ]
    before, after = (statement(bounced, date(2026, 5, day)) for day in (9, 10))
    assert (before.balance, before.days_past_due) == (0, 0)
    assert (after.balance, after.days_past_due) == (5000, 25)


def test_what_is_taken_back_beyond_all_that_came_in_is_owed() -> None:
    stands = statement([line(LineKind.REFUND, 700)], JUNE + 3 * DAY)
    assert (stands.balance, stands.days_past_due) == (700, 3)


def test_paid_through_is_the_last_day_before_a_period_that_is_open() -> None:
    lines = [invoice(5000, 4), invoice(5000, 5)]
    assert statement(lines, JUNE).paid_through == date(2026, 3, 31)
    paid = [*lines, line(LineKind.PAYMENT, 5000, date(2026, 5, 2))]
    assert statement(paid, JUNE).paid_through == date(2026, 4, 30)
    all_paid = [*paid, line(LineKind.CREDIT, 5000, date(2026, 5, 3))]
    assert statement(all_paid, JUNE).paid_through == date(2026, 5, 31)
    assert statement([line(LineKind.FEE, 100)], JUNE).paid_through is None


def test_lines_of_later_days_do_not_count_yet() -> None:
    assert statement([invoice(5000, 4)], date(2026, 3, 31)).lines == ()


def test_money_is_written_with_cents() -> None:
    assert [money(cents) for cents in (0, 5, -5, 12950, -400)] == [
        *("0.00", "0.05", "-0.05", "129.50", "-4.00")
    ]


some_lines = st.lists(
    st.builds(
        lambda kind, amount, day, due, number: line(
            kind,
            amount,
            JUNE + day * DAY,
            JUNE + (day + due) * DAY if due else None,
            number=str(number),
        ),
        st.sampled_from(LineKind),
        st.integers(1, 500),
        st.integers(0, 40),
        st.integers(0, 30),
        st.integers(0, 10**9),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)


@settings(max_examples=150, deadline=None)
@given(some_lines, st.integers(0, 90), st.randoms())
def test_the_sum_holds_and_the_order_of_the_lines_does_not_matter(
    lines: list[Line], day: int, random: object
) -> None:
    on = JUNE + day * DAY
    stands = statement(lines, on)
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert statement(shuffled, on) == stands
    counted = [one for one in lines if one.on <= on]
    signed = sum(-one.amount if one.kind in CREDITS else one.amount for one in counted)
    assert stands.balance == signed
    assert 0 <= stands.overdue <= sum(one.amount for one in stands.unpaid)
    assert (stands.days_past_due > 0) == (stands.overdue > 0) == (stands.oldest_due is not None)
    assert all(0 < one.amount <= one.line.amount for one in stands.unpaid)


@settings(max_examples=100, deadline=None)
@given(some_lines, st.integers(1, 500), st.integers(0, 60))
def test_a_payment_never_makes_it_worse(lines: list[Line], amount: int, day: int) -> None:
    on = JUNE + 90 * DAY
    payment = line(LineKind.PAYMENT, amount, JUNE + day * DAY, number="paid")
    before, after = statement(lines, on), statement([*lines, payment], on)
    assert after.balance == before.balance - amount
    assert after.overdue <= before.overdue
    assert after.days_past_due <= before.days_past_due


@settings(max_examples=100, deadline=None)
@given(some_lines, st.integers(0, 80))
def test_a_debt_that_nobody_pays_only_gets_older(lines: list[Line], day: int) -> None:
    owed = [one for one in lines if one.kind in DEBITS]
    today, next_day = (statement(owed, JUNE + (day + more) * DAY) for more in (0, 1))
    assert next_day.overdue >= today.overdue
    if today.days_past_due:
        assert next_day.days_past_due == today.days_past_due + 1
