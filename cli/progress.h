/* progress.h: a line of progress on standard error, and Ctrl-C that ends long work in good
 * order. */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "buffer.h"

/* On a terminal one line is redrawn; elsewhere a line is written from time to time. */
typedef struct progress {
    bool quiet;
    size_t width;     /* of the terminal that standard error is, or 0 */
    bool line_open;   /* the cursor stands behind a line of progress */
    double last_line; /* seconds at the last line */
} progress;

progress progress_start(bool quiet);

/* Whether the next line is due, `seconds` after the start of the work. */
bool progress_due(const progress *to, double seconds);

/* Shows a line; its text is cut to the terminal's width and freed. */
void progress_show(progress *to, buffer *line, double seconds);

/* Removes the line from the terminal, before something else is written there. */
void progress_close(progress *to);

/* Lets the first Ctrl-C (or SIGTERM) only be noted; a second one ends the program. */
void progress_catch_interrupts(void);
bool progress_interrupted(void);

/* Appends "1,398,500". */
void progress_add_grouped(buffer *to, uint64_t number);

/* Appends "  35 %  1:04:09 left", of work that has taken `seconds` for `done` of `total`; nothing
 * if that is not known. */
void progress_add_share(buffer *to, uint64_t done, uint64_t total, double seconds);

#endif
