# fish completion of confab(1)
complete -c confab -f
# LIST fish
