"""The design system: layouts, components, styles, scripts, the words of the screen. See README.md."""
