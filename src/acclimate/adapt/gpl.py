"""Generative Pseudo Labeling (Wang et al., arXiv 2112.07577): from passages to an adapted model.

Read `adapt` first, then `pseudo_label`: together they are Figure 1 of the paper, one line a stage.
"""

from __future__ import annotations

from pathlib import Path

from acclimate.adapt.artefacts import brought
from acclimate.adapt.deliver import deliver
from acclimate.adapt.filter import keep_consistent
from acclimate.adapt.finished import write_manifest
from acclimate.adapt.generate import Distinct, generate
from acclimate.adapt.label import label, labels
from acclimate.adapt.learn import reporting
from acclimate.adapt.measure import before_and_after
from acclimate.adapt.mine import mine
from acclimate.adapt.needed import check_needs
from acclimate.adapt.outcome import outcome
from acclimate.adapt.pseudo import Pseudo, checked, keys_of, take_up
from acclimate.adapt.result import Adaptation
from acclimate.adapt.steps import check_steps, take_steps
from acclimate.adapt.store import sampled, store_passages
from acclimate.adapt.tools import Tools
from acclimate.adapt.vectors import Asked
from acclimate.corpus import Corpus
from acclimate.progress import Progress, Silent
from acclimate.runs import Run
from acclimate.settings import Recipe
from acclimate.train.learner import Learner
from acclimate.train.students import learning_student
from acclimate.train.team import ALONE, Team


def adapt(
    corpus: Corpus,
    out: Path,
    recipe: Recipe,
    judged: Corpus | None = None,
    progress: Progress | None = None,
    imported: Path | None = None,
    team: Team = ALONE,
) -> Adaptation:
    """Adapt the recipe's student to the corpus; everything is kept in the folder `out`.

    Running it again goes on where it stopped. `imported` is a folder with the GPL code's files,
    taken up at the stage that they belong to. The first process of a team calls this, while the
    others `follow`: they help to train and do nothing else. Raises RunFolderBusy where another
    process works in `out`, InputError where the corpus or its judgments cannot be used, and, before
    anything is written, ModelNotFound where a model is missing that a stage will need.
    """
    check_steps(recipe)
    check_needs(recipe, brought(imported) if imported else ())
    with Run(out, progress or Silent()) as run:
        whole = store_passages(corpus, run)
        tools = Tools(run, sampled(whole, run, recipe.sample_passages, recipe.seed), recipe)

        pseudo = take_up(tools, imported) if imported else pseudo_label(tools)
        taken = take_steps(tools, pseudo, team)
        write_manifest(out, pseudo.kept, pseudo.mined, pseudo.scores, recipe.label, recipe.seed)

        # Loaded as a user will, so that what is measured is what is delivered.
        adapted = tools.student_at(str(taken[-1].model))
        held_out = reporting(tools, pseudo)
        measured = before_and_after(tools, tools.over(whole), adapted, held_out, judged)
        result = outcome(corpus.name, tools, pseudo, taken, measured, team)
        deliver(result, taken[-1].model)
        return team.tell(result)


def pseudo_label(tools: Tools) -> Pseudo:
    """Figure 1 of the paper up to the training: generate, (filter,) mine, label."""
    recipe = tools.recipe
    generated = generate(tools)
    distinct = Distinct(generated)
    tools.asked = Asked.by(distinct, keys_of(generated))
    kept = keep_consistent(tools, distinct, len(tools.asked.texts), keys_of(generated))
    mined = mine(tools, kept)
    queries = {query.id: query for query in kept}
    check = checked(tools, queries, mined)
    scores = label(tools, queries, mined)
    labelled = labels(mined, scores, recipe.label, recipe.seed)
    return Pseudo(queries, generated, distinct.dropped, kept, mined, check, scores, labelled)


def follow(team: Team) -> Adaptation:
    """Train along with the first process of the team, and return what that one found out.

    Raises ProcessLost where it ends before.
    """
    while not isinstance(told := team.hear(), Adaptation):
        if isinstance(told, Recipe):
            Learner(learning_student(told.student), told.train, team).follow()
    return told
