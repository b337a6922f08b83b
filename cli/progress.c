/* progress.c: a line of progress on standard error, and Ctrl-C that ends long work in good
 * order. */
#include "progress.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "display.h"

#define REDRAW_SECONDS 0.2 /* between two looks of a line on a terminal */
#define LINE_SECONDS   5.0 /* between two lines where there is no terminal */

static volatile sig_atomic_t interrupted;

static void note_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

void progress_catch_interrupts(void) {
    struct sigaction action = {.sa_handler = note_interrupt,
                               .sa_flags = (int)(SA_RESTART | SA_RESETHAND)};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool progress_interrupted(void) {
    return interrupted != 0;
}

progress progress_start(bool quiet) {
    return (progress){.quiet = quiet, .width = display_terminal_width(STDERR_FILENO)};
}

bool progress_due(const progress *to, double seconds) {
    double pause = to->width > 0 ? REDRAW_SECONDS : LINE_SECONDS;
    return !to->quiet && seconds - to->last_line >= pause;
}

void progress_show(progress *to, buffer *line, double seconds) {
    /* A character in the last column would wrap the line. */
    if (to->width > 0) line->size = display_prefix(buffer_content(line), to->width - 1);
    fprintf(stderr, to->width > 0 ? "\r\033[K%s" : "%s\n", buffer_string(line));
    fflush(stderr);
    to->line_open = to->width > 0;
    to->last_line = seconds;
    buffer_free(line);
}

void progress_close(progress *to) {
    if (to->line_open) fputs("\r\033[K", stderr);
    to->line_open = false;
}

void progress_add_grouped(buffer *to, uint64_t number) {
    char digits[21];
    int size = snprintf(digits, sizeof digits, "%" PRIu64, number);
    for (int i = 0; i < size; i++) {
        if (i > 0 && (size - i) % 3 == 0) buffer_char(to, ',');
        buffer_char(to, digits[i]);
    }
}

/* "4:09", "1:04:09" */
static void add_seconds(buffer *to, double seconds) {
    uint64_t whole = (uint64_t)(seconds + 0.5), hours = whole / 3600;
    if (hours > 0) buffer_format(to, "%" PRIu64 ":", hours);
    buffer_format(to, hours > 0 ? "%02" PRIu64 : "%" PRIu64, whole / 60 % 60);
    buffer_format(to, ":%02" PRIu64, whole % 60);
}

void progress_add_share(buffer *to, uint64_t done, uint64_t total, double seconds) {
    if (done == 0 || done >= total) return;
    double share = (double)done / (double)total;
    buffer_format(to, "  %.0f %%  ", floor(100 * share));
    add_seconds(to, seconds / share - seconds);
    buffer_text(to, " left");
}
