"""The few-shot prompt for causal language models: worked examples in every style at once.

Each example passage is followed by one query of every style, so that a passage is read once and
then continued in any style. The order of the styles differs between the examples, so that each
style has been seen directly after a passage.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Example:
    """A passage and what people would ask of it: pairs of (style, query), in prompt order."""

    passage: str
    queries: tuple[tuple[str, str], ...]


INSTRUCTION = "Each passage is followed by what people type into a search engine to find it."

EXAMPLES = (
    Example(
        "Sourdough is raised by wild yeast and lactic acid bacteria that live in a starter of "
        "flour and water. The dough rises more slowly than one made with baker's yeast, but the "
        "bread keeps for longer.",
        (
            ("question", "why does sourdough bread stay fresh for so many days"),
            ("keywords", "sourdough starter wild yeast rising time"),
            ("claim", "Dough made with a starter needs more time than dough with bought yeast."),
        ),
    ),
    Example(
        "A tenant who moves out before the end of a fixed term remains liable for the rent until "
        "the landlord has found a new tenant. The landlord must make a reasonable effort to let "
        "the flat again.",
        (
            ("keywords", "leave flat early rent liability new tenant"),
            ("claim", "Landlords have to look for another tenant when somebody moves out early."),
            ("question", "do i still pay rent if i leave before my lease is over"),
        ),
    ),
    Example(
        "The heap keeps its smallest entry at the root. Removing it moves the last entry to the "
        "root and sinks it until both children are larger, which takes a number of steps that "
        "grows with the logarithm of the size.",
        (
            ("claim", "Taking the minimum out of a heap takes logarithmic time."),
            ("question", "how long does it take to get the smallest item from a heap"),
            ("keywords", "heap remove minimum complexity"),
        ),
    ),
)

#: What the likelihood teacher appends to a passage (UPR, arXiv 2204.07496, section 2).
LIKELIHOOD_REQUEST = "\nPlease write a search query for this passage:"


def few_shot(instruction: str, examples: tuple[Example, ...]) -> str:
    """The part of the prompt that all passages share."""
    parts = [instruction]
    for example in examples:
        lines = [f"Passage: {example.passage}"]
        lines += [f"{style.capitalize()}: {query}" for style, query in example.queries]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n\n"


def passage_part(content: str) -> str:
    """The passage as the prompt shows it, on one line as in the examples."""
    return "Passage: " + " ".join(content.split())


def style_part(style: str) -> str:
    """The cue after which the model writes a query of that style."""
    return f"\n{style.capitalize()}:"
