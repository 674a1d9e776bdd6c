"""The texts of notices: a table by kind. Message ids are English, the catalogue has the rest.

`{title}` is the title of the document that the notice is about, `{by}` the person who caused it;
the other names are those of the notice's `values`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from plugin import Message


@dataclass(frozen=True)
class Fact:
    """A line "label: value" from one of the notice's values. `kind` says how it is shown: `text`,
    `date`, `moment`, `money` (`12.50 EUR`), `name` (a stable id)."""

    label: Message
    value: str
    kind: str = "text"


@dataclass(frozen=True)
class Template:
    subject: Message
    lead: Message
    facts: tuple[Fact, ...] = ()
    quote: str = ""


CHASE_UP = Template(
    subject=Message("{by} asks about: {title}"),
    lead=Message("{by} asks how this is going. Please answer on its page: {title}"),
    facts=(Fact(Message("Answer by"), "due", "date"),),
    quote="text",
)
CHASE_ANSWER = Template(
    subject=Message("{by} answered: {title}"),
    lead=Message("{by} answered your question about: {title}"),
    quote="text",
)
REMINDER = Template(
    subject=Message("Reminder: {subject}"),
    lead=Message("This is the reminder you asked for: {subject}"),
    facts=(
        Fact(Message("Starts"), "at", "moment"),
        Fact(Message("Ends"), "ends", "moment"),
        Fact(Message("Place"), "place"),
    ),
    quote="text",
)
COMPLAINT_STEP = Template(
    subject=Message("Complaint: {title}"),
    lead=Message("A complaint has come to you: {title}"),
    facts=(Fact(Message("Answer by"), "due", "date"),),
    quote="text",
)
_OF_PAYMENT = (
    Fact(Message("Due on"), "due", "date"),
    Fact(Message("Amount due"), "amount", "money"),
    Fact(Message("Customer"), "customer"),
    Fact(Message("Owner"), "owner", "name"),
)
PAYMENT_DUE = Template(
    subject=Message("Payment soon due: {title}"),
    lead=Message("This payment is soon due. Please see that it comes: {title}"),
    facts=_OF_PAYMENT,
)
PAYMENT_OVERDUE = Template(
    subject=Message("Payment overdue: {title}"),
    lead=Message("This payment has not come in time. Please ask the customer: {title}"),
    facts=_OF_PAYMENT,
)
PAYMENT_ESCALATED = Template(
    subject=Message("Payment overdue for long: {title}"),
    lead=Message("This payment of one of your people is overdue for long: {title}"),
    facts=_OF_PAYMENT,
)
PROPOSAL = Template(
    subject=Message("{by} proposes a change: {title}"),
    lead=Message("{by} may not save this edit. Please decide in the review box: {title}"),
    quote="text",
)
PROPOSAL_ACCEPTED = Template(
    subject=Message("Your edit was taken over: {subject}"),
    lead=Message("{by} took over what you proposed: {subject}"),
)
PROPOSAL_DECLINED = Template(
    subject=Message("Your edit was declined: {subject}"),
    lead=Message("{by} declined what you proposed: {subject}"),
    quote="text",
)
HANDOVER = Template(
    subject=Message("{by} hands work over to you"),
    lead=Message(
        "{by} hands work over to you. It is in your listings from now on; the page shows what came."
    ),
    facts=(
        Fact(Message("Former owner"), "former", "name"),
        Fact(Message("Documents"), "count"),
    ),
    quote="text",
)
HANDOVER_UNDONE = Template(
    subject=Message("{by} took a handover back"),
    lead=Message(
        "{by} took back what had been handed over to you. What was changed since stays yours; "
        "the page names it."
    ),
    facts=HANDOVER.facts,
)
PLAIN = Template(subject=Message("{subject}"), lead=Message("{subject}"), quote="text")
"""For kinds of modules that are not listed here: their values hold `subject` and `text`."""

TEMPLATES: Mapping[str, Template] = {
    "chase-up": CHASE_UP,
    "chase-answer": CHASE_ANSWER,
    "reminder": REMINDER,
    "complaint-step": COMPLAINT_STEP,
    "handover": HANDOVER,
    "handover-undone": HANDOVER_UNDONE,
    "payment-due": PAYMENT_DUE,
    "payment-overdue": PAYMENT_OVERDUE,
    "payment-escalated": PAYMENT_ESCALATED,
    "proposal": PROPOSAL,
    "proposal-accepted": PROPOSAL_ACCEPTED,
    "proposal-declined": PROPOSAL_DECLINED,
}

DIGEST_ONE = Message("One new document in the forum: {title}")
DIGEST_MANY = Message("{count} new documents in the forum")
DIGEST_LEAD = Message("These documents match your interest profile.")
REASONS: Mapping[str, Message] = {
    "category": Message("because you follow the category {value}"),
    "author": Message("because you follow {value}"),
    "word": Message("because you follow the word {value}"),
    "thread": Message("because you follow the topic {value}"),
}
BYLINE = Message("by {author}, {at}")
FOOTER = Message("{company} sent you this notice. Open: {address}")
