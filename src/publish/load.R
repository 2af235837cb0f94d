# Reads a table of this release with its labels.
#
#   source("load.R")                      # in the release's own folder
#   placement <- load_table("placement")  # each column of codes has a second one beside it, <column>_label
#   load_columns("placement")             # what every column means
#
# Needs the packages arrow and jsonlite.

release <- normalizePath(".")

load_columns <- function(table) {
  dictionary <- as.data.frame(arrow::read_parquet(file.path(release, "dictionary.parquet")))
  dictionary[dictionary$table_name == table, ]
}

load_table <- function(table, labels = TRUE) {
  entries <- jsonlite::fromJSON(file.path(release, "manifest.json"))$tables
  # A table that is divided among organisations has a folder for each.
  paths <- entries$path[entries$table == table]
  if (length(paths) == 0) stop("the release has no table `", table, "`; it has ", paste(sort(unique(entries$table)), collapse = ", "))
  files <- sort(list.files(file.path(release, paths), pattern = "[.]parquet$", recursive = TRUE, full.names = TRUE))
  frame <- do.call(rbind, lapply(files, function(f) as.data.frame(arrow::read_parquet(f))))
  if (!labels) return(frame)
  known <- as.data.frame(arrow::read_parquet(file.path(release, "valuelabels.parquet")))
  columns <- load_columns(table)
  for (i in seq_len(nrow(columns))) {
    column <- columns$column_name[i]
    # A code set first, then what the table names itself; its own words stand.
    rows <- known[known$code_set %in% c(columns$code_set[i], paste0(table, ".", column)), ]
    if (nrow(rows) == 0) next
    own <- rows[rows$code_set == paste0(table, ".", column), ]
    shared <- rows[!(rows$code %in% own$code), ]
    label <- rbind(own, shared)
    found <- label$label[match(frame[[column]], label$code)]
    frame[[paste0(column, "_label")]] <- ifelse(is.na(found), as.character(frame[[column]]), found)
  }
  frame
}
