# Sourced by the tests that are scripts and read the fenced blocks of documents.

# split_blocks DOCUMENT FOLDER: each block becomes a file in the folder, NAME.md:LINE.LANGUAGE, without the block's own
# indentation. A block without a language is "plain". What is outside of blocks is in NAME.md.outside, each line at its number;
# there ``` stands for a block.
split_blocks() {
  mkdir -p "$2"
  awk -v start="$2/${1//\//_}:" -v outside="$2/${1//\//_}.outside" '
    { print (inside ? "" : /^ *```/ ? "```" : $0) >outside }
    !inside && match($0, /^ *```/) {
      indent = index($0, "`") - 1
      language = substr($0, RLENGTH + 1)
      sub(/[^A-Za-z0-9#+-].*/, "", language)
      inside = 1
      to = start NR "." (language ? language : "plain")
      printf "" >to
      next
    }
    inside && /^ *```$/ { inside = 0; close(to); next }
    inside { sub("^ {0," indent "}", ""); print >to }
    END { if (inside) { print start NR " is not closed" >"/dev/stderr"; exit 1 } }' "$1"
}

# shell_of DOCUMENT: prints the blocks of sh and bash that it has, from its top to its bottom.
shell_of() {
  local folder
  folder=$(mktemp -d -p "$work")
  split_blocks "$1" "$folder" || return 1
  find "$folder" -name '*.sh' -o -name '*.bash' | sort -t : -k 2 -n | xargs -r cat
}

# the_block DOCUMENT LANGUAGE: prints the one block in a language that the document has.
the_block() {
  local folder blocks
  folder=$(mktemp -d -p "$work")
  split_blocks "$1" "$folder" || return 1
  blocks=("$folder"/*."$2")
  [[ ${#blocks[@]} == 1 && -e ${blocks[0]} ]] || complain "$1 must have one block of $2." >&2 || return 1
  cat "${blocks[0]}"
}
