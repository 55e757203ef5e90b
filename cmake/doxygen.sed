# Comments as Doxygen sees them: a line with a word, two spaces or more, and text behind them begins a paragraph of its own,
# and so does an empty comment line.
s|^( *///) +([a-z_A-Z][A-Za-z_(), <>]{0,60}[^ ])  +([^ ].*)$|\1 @par \2\n\1 \3|
