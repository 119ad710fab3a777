"""Workbooks that leave the program for people: blank returns to fill in, and marked copies of what came back.

template: a return for one area and year. annotate: a copy of a file with the wrong cells coloured, a comment on each
and an index sheet. package: the bytes of a workbook, the same for the same content.
"""
