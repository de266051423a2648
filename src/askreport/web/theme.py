"""The look in Gradio's own terms: paper, ink and one accent, in light and dark."""

from typing import Final

import gradio as gr

# Families of the reader's own system, Latin before Chinese; nothing is fetched.
_FONTS: Final = (
    "system-ui",
    "-apple-system",
    "Segoe UI",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "sans-serif",
)
_MONO_FONTS: Final = ("ui-monospace", "Consolas", "monospace")

_PAPER, _PAPER_DARK = "#fbfaf7", "#171817"
_SHEET, _SHEET_DARK = "#ffffff", "#1f2120"
_INK, _INK_DARK = "#23262a", "#e6e4df"
_SUBDUED, _SUBDUED_DARK = "#62676c", "#a3a6a3"
_LINE, _LINE_DARK = "#e4e1da", "#343735"
_ACCENT, _ACCENT_DARK = "#0b6660", "#7cc7bd"
_ACCENT_SOFT, _ACCENT_SOFT_DARK = "#dceeeb", "#21403d"


def make_theme() -> gr.themes.Base:
    """The theme of the page."""
    theme = gr.themes.Base(
        font=_FONTS,
        font_mono=_MONO_FONTS,
        text_size=gr.themes.sizes.text_md,
        radius_size=gr.themes.sizes.radius_md,
    )
    return theme.set(
        body_background_fill=_PAPER,
        body_background_fill_dark=_PAPER_DARK,
        body_text_color=_INK,
        body_text_color_dark=_INK_DARK,
        body_text_color_subdued=_SUBDUED,
        body_text_color_subdued_dark=_SUBDUED_DARK,
        background_fill_primary=_SHEET,
        background_fill_primary_dark=_SHEET_DARK,
        background_fill_secondary=_PAPER,
        background_fill_secondary_dark=_PAPER_DARK,
        border_color_primary=_LINE,
        border_color_primary_dark=_LINE_DARK,
        border_color_accent=_ACCENT,
        border_color_accent_dark=_ACCENT_DARK,
        color_accent=_ACCENT,
        color_accent_soft=_ACCENT_SOFT,
        color_accent_soft_dark=_ACCENT_SOFT_DARK,
        link_text_color=_ACCENT,
        link_text_color_dark=_ACCENT_DARK,
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_shadow="none",
        input_background_fill=_SHEET,
        input_background_fill_dark=_SHEET_DARK,
        input_border_color=_LINE,
        input_border_color_dark=_LINE_DARK,
        input_border_color_focus=_ACCENT,
        input_border_color_focus_dark=_ACCENT_DARK,
        input_placeholder_color=_SUBDUED,
        input_placeholder_color_dark=_SUBDUED_DARK,
        button_secondary_background_fill="transparent",
        button_secondary_background_fill_dark="transparent",
        button_secondary_background_fill_hover=_ACCENT_SOFT,
        button_secondary_background_fill_hover_dark=_ACCENT_SOFT_DARK,
        button_secondary_border_color=_LINE,
        button_secondary_border_color_dark=_LINE_DARK,
        button_secondary_text_color=_INK,
        button_secondary_text_color_dark=_INK_DARK,
        button_secondary_shadow="none",
        layout_gap="0px",
    )
