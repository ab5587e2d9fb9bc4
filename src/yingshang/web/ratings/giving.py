"""Rating in two taps, for the pages of whatever is rated: the form that is sent, and what the page shows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django import forms

from yingshang.kernel.ratings.api import StepRating, rated_kind, rating_levels
from yingshang.web.words import in_language

from .words import answers_named, follow_up_name, level_name, step_name


class RateForm(forms.Form):
    """A level, and answers to questions; afterwards reasons and words. Nobody has to give more than the level."""

    step = forms.ChoiceField(choices=())
    level = forms.TypedChoiceField(coerce=int, choices=())
    reasons = forms.MultipleChoiceField(required=False, choices=())
    words = forms.CharField(required=False)

    def __init__(self, *arguments: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*arguments, **kwargs)
        self.rules = rated_kind(kind).rules
        for name, codes in (
            ("step", self.rules.steps),
            ("level", self.rules.levels),
            ("reasons", self.rules.reasons),
        ):
            self.fields[name].choices = [(code, code) for code in codes]  # type: ignore[attr-defined]
        for code in self.rules.questions:
            self.fields[f"answer_{code}"] = forms.ChoiceField(
                required=False, choices=[("", ""), ("yes", "yes"), ("no", "no")]
            )

    @property
    def told(self) -> dict[str, Any]:
        """What the action of the area is given. A tap on a level alone leaves what was written as it is; with what is
        written, reasons that do not go with the level are left out.
        """
        data = self.cleaned_data
        told: dict[str, Any] = {"step": data["step"], "level": data["level"], "reasons": None, "words": None}
        answers = {
            code: data[f"answer_{code}"] == "yes"
            for code in self.rules.questions
            if data.get(f"answer_{code}")
        }
        if "words" in self.data:
            fitting = self.rules.fitting(data["level"], answers)
            told |= {"words": data["words"], "reasons": [each for each in data["reasons"] if each in fitting]}
        return {**told, "answers": answers} if self.rules.questions else told


def rate_context(
    kind: str, steps: Iterable[StepRating], *, to: str, words: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What `ratings/_steps.html` shows; `to` is the address that takes a `RateForm`. `words` are what was written of a
    step and refused: it is there to be written shorter.
    """
    rules = rated_kind(kind).rules
    steps = [replace(each, words=(words or {}).get(each.step, each.words)) for each in steps]
    return {
        "to": to,
        "levels": [(code, level_name(code)) for code in rating_levels()],
        "steps": [_shown(kind, each) for each in steps],
        "days": rules.change_days,
        "longest": rules.longest_words,
    }


def _shown(kind: str, each: StepRating) -> dict[str, Any]:
    rules = rated_kind(kind).rules
    bad = bool(each.level) and rules.bad(each.level, each.answers)
    fitting = rules.fitting(each.level, each.answers) if each.level else ()
    return {
        "rating": each,
        "name": step_name(kind, each.step),
        "level": level_name(each.level) if each.level else "",
        "bad": bad,
        "follow_up": follow_up_name(each.follow_up) if each.follow_up else "",
        "answers": answers_named(kind, each.answers),
        "questions": [
            (code, in_language(question.name, question.name_en), _answer(each, code))
            for code, question in rules.questions.items()
        ],
        "reasons": [
            (code, in_language(rules.reasons[code].name, rules.reasons[code].name_en), code in each.reasons)
            for code in fitting
        ],
    }


def _answer(each: StepRating, code: str) -> str:
    if code not in each.answers:
        return ""
    return "yes" if each.answers[code] else "no"
