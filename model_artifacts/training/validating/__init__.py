"""Everything that is wrong with an assistant's sources, or worth a look, found without training anything.

`project.py` puts it together; each other module owns one kind of mistake that would else pass in silence.
"""
