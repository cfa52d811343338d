# bash completion of confab(1)

# The options of a sub-command, "" for none.
_confab_options() {
	case $1 in
# LIST bash-options
	esac
}

_confab() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= words i
# LIST bash-commands
	COMPREPLY=()
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} == -- ]] && return
		[[ " $words " == *" ${COMP_WORDS[i]} "* ]] && { command=${COMP_WORDS[i]}; break; }
	done
	case $prev in
	--home) COMPREPLY=($(compgen -d -- "$cur")); compopt -o filenames 2>/dev/null ;;
	--log) COMPREPLY=($(compgen -W 'error warning notice debug trace' -- "$cur")) ;;
	--wait) COMPREPLY=($(compgen -W 'sent stored delivered' -- "$cur")) ;;
# LIST bash-values
	*)
		if [[ $cur == -* ]]; then
			COMPREPLY=($(compgen -W "$(_confab_options "$command")" -- "$cur"))
		elif [[ -z $command ]]; then
			COMPREPLY=($(compgen -W "$words" -- "$cur"))
		fi ;;
	esac
}
complete -F _confab confab
