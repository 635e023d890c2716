"""What tests read off a drawn figure."""

from matplotlib.text import Text

from rethinking.plotting import style


def legend(drawn):
    return [text.get_text() for text in drawn.axes[0].get_legend().get_texts()]


def written(drawn, path):
    """Every text of a figure as it stands in the picture: those that are not read as mathtext."""
    style.save(drawn, path)
    texts = [text for text in drawn.findobj(Text) if text.get_visible() and text.get_text()]
    return [text.get_text() for text in texts]
