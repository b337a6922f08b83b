/* kill_test.c: a process that commits is killed at random, again and again; what it acknowledged
 * must be there, whole.
 *
 *   kill_test [--kills N] [--seed N]
 *
 * The child runs two workers. Commit number n of a worker, in one transaction over two families:
 *
 *   balances    moves an amount from an account of the one family to one of the other
 *   edges       adds an edge to the first family, and its reverse to a shared table of the second;
 *               removes an older one
 *   history     adds (worker, n) to the first family, removes (worker, n − HISTORY)
 *   blobs       replaces slot n mod SLOTS of the worker by up to 100,000 bytes that follow from n
 *   counters    queues worker → n to a shared table
 *
 * and reports n and its durability through a pipe once the commit has returned.
 *
 * A keeper beside them saves, compacts, and makes, fills and drops a family "scratch", again and
 * again; it reports when the family is filled, when it is about to drop it, and when that is done.
 */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "engine/fixture.h"
#include "engine/vfs.h"
#include "oracle/random.h"

enum { FAMILIES = 4, WORKERS = 2, ACCOUNTS = 50, HISTORY = 400, SLOTS = 16, BLOB_LONGEST = 100000 };
enum { SCRATCH_ROWS = 100, KEEPER = WORKERS };
enum { BALANCES = 1, EDGES = 2, REVERSE = 3, EDGE_HISTORY = 4, BLOBS = 5 };
static const uint64_t first_balance = 1000000;

typedef struct bank {
    engine *engine;
    engine_family families[FAMILIES];
    engine_table counters;
} bank;

/* What the child says of a commit. */
typedef struct acknowledgement {
    uint32_t worker;     /* KEEPER: of the scratch family */
    uint32_t durability; /* a keeper_news */
    uint64_t number;     /* of the commit; of the scratch family what its rows hold */
} acknowledgement;

typedef enum keeper_news { UNKNOWN, FILLED, DROPPING, DROPPED } keeper_news;

/* Ends the program, which may be the child, with a message. */
static void demand(hs_status status, const char *what) {
    if (status == HS_OK) return;
    fprintf(stderr, "# %s: %s: %s\n", what, hs_status_name(status), hs_last_error());
    abort();
}

static engine_table table_of(const bank *b, size_t family, uint32_t table) {
    return (engine_table){b->families[family], table};
}

static hs_slice number_key(uint8_t bytes[4], uint32_t number) {
    for (int i = 0; i < 4; i++) {
        bytes[i] = (uint8_t)(number >> (24 - 8 * i));
    }
    return (hs_slice){bytes, 4};
}

/* A key of a worker (or account) and a commit number. */
static hs_slice pair_key(uint8_t bytes[12], uint32_t first, uint64_t second) {
    number_key(bytes, first);
    number_key(bytes + 4, (uint32_t)(second >> 32));
    number_key(bytes + 8, (uint32_t)second);
    return (hs_slice){bytes, 12};
}

static hs_slice make_blob(uint8_t *bytes, uint32_t worker, uint64_t number) {
    random_source random = {number * WORKERS + worker};
    size_t size = (size_t)random_below(&random, random_chance(&random, 10) ? BLOB_LONGEST : 300);
    for (size_t i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(number + worker * 7 + i * 13 + (i >> 8));
    }
    return (hs_slice){bytes, size};
}

static hs_config bank_config(bool background) {
    hs_config config = fixture_config();
    config.background = background;
    return config;
}

static void bank_open(bank *b, const char *path, bool background) {
    hs_config config = bank_config(background);
    engine_txn *t = NULL;
    demand(engine_open(vfs_posix(), path, false, &config, &b->engine), "open");
    demand(engine_begin_read(b->engine, &t), "begin");
    for (size_t i = 0; i < FAMILIES; i++) {
        char name[16];
        snprintf(name, sizeof name, "bank%zu", i);
        demand(engine_family_find(t, name, &b->families[i]), name);
    }
    demand(engine_family_find(t, "system", &b->counters.family), "system");
    b->counters.table = 1;
    engine_abort(t);
}

static void bank_create(const char *path) {
    const engine_table_options fixed = {
        .key_size = 4, .value_size = 8, .fixed_value = true, .alignment = 8};
    const engine_table_definition tables[] = {{"balances", fixed},
                                              {"edges", plain_options},
                                              {"reverse", shared_options},
                                              {"history", {.key_size = 12, .alignment = 1}},
                                              {"blobs", plain_options}};
    const engine_table_definition counters = {"counters", shared_options};
    hs_config config = bank_config(false);
    bank b;
    demand(engine_open(vfs_posix(), path, true, &config, &b.engine), "create");
    demand(engine_family_create(b.engine, "system", &counters, 1, &b.counters.family), "create");
    for (size_t i = 0; i < FAMILIES; i++) {
        char name[16];
        uint8_t key[4];
        snprintf(name, sizeof name, "bank%zu", i);
        demand(engine_family_create(b.engine, name, tables, 5, &b.families[i]), name);
        engine_txn *t = begin_write(b.engine, b.families[i]);
        for (uint32_t a = 0; a < ACCOUNTS; a++) {
            demand(engine_put(t, table_of(&b, i, BALANCES), number_key(key, a),
                              (hs_slice){&first_balance, 8}),
                   "put");
        }
        demand(engine_commit(t), "commit");
    }
    demand(engine_close(b.engine), "close");
}

static uint64_t read_number(engine_txn *t, engine_table table, hs_slice key) {
    hs_slice value = {0};
    uint64_t number = 0;
    hs_status status = engine_get(t, table, key, &value);
    if (status == HS_OK && value.size == 8)
        memcpy(&number, value.data, 8);
    else if (status != HS_NOT_FOUND)
        demand(HS_CORRUPT, "a number");
    return number;
}

/* --- the child -------------------------------------------------------------------------------- */

typedef struct worker {
    bank *bank;
    uint32_t index;
    int pipe;
    random_source random;
    uint8_t blob[BLOB_LONGEST];
} worker;

static void move_money(worker *w, engine_txn *t, size_t from, size_t to) {
    uint8_t a[4], b[4];
    hs_slice from_key = number_key(a, (uint32_t)random_below(&w->random, ACCOUNTS));
    hs_slice to_key = number_key(b, (uint32_t)random_below(&w->random, ACCOUNTS));
    engine_table from_table = table_of(w->bank, from, BALANCES);
    engine_table to_table = table_of(w->bank, to, BALANCES);
    uint64_t from_balance = read_number(t, from_table, from_key);
    uint64_t to_balance = read_number(t, to_table, to_key);
    uint64_t amount = random_below(&w->random, from_balance / 4 + 1);
    from_balance -= amount;
    to_balance += amount;
    demand(engine_put(t, from_table, from_key, (hs_slice){&from_balance, 8}), "put");
    demand(engine_put(t, to_table, to_key, (hs_slice){&to_balance, 8}), "put");
}

static void change_edges(worker *w, engine_txn *t, uint64_t number, size_t from, size_t to) {
    uint8_t key[12];
    engine_table edges = table_of(w->bank, from, EDGES), reverse = table_of(w->bank, to, REVERSE);
    engine_table history = table_of(w->bank, from, EDGE_HISTORY);
    hs_slice k = pair_key(key, w->index, number);
    demand(engine_put(t, edges, k, (hs_slice){&number, 8}), "put");
    demand(engine_queue_put(t, reverse, k, (hs_slice){&number, 8}), "queue");
    demand(engine_put(t, history, k, (hs_slice){0}), "put");
    if (number <= HISTORY) return;
    k = pair_key(key, w->index, number - HISTORY);
    demand(engine_delete(t, edges, k), "delete");
    demand(engine_queue_delete(t, reverse, k), "queue");
    demand(engine_delete(t, history, k), "delete");
}

/* Where commit n of a worker works; HISTORY and SLOTS are multiples of FAMILIES, so that what it
 * removes is there. */
static size_t first_family(uint64_t number, uint32_t worker) {
    return (size_t)((number + worker) % FAMILIES);
}
static size_t second_family(uint64_t number, uint32_t worker) {
    return (first_family(number, worker) + 1) % FAMILIES;
}

static void commit_one(worker *w, uint64_t number) {
    const bank *b = w->bank;
    size_t from = first_family(number, w->index), to = second_family(number, w->index);
    engine_family families[] = {b->families[from], b->families[to]};
    hs_durability durability = (hs_durability)random_below(&w->random, 3);
    uint8_t key[12];
    engine_txn *t = NULL;
    demand(engine_begin_write(b->engine, families, 2, durability, &t), "begin");
    move_money(w, t, from, to);
    change_edges(w, t, number, from, to);
    demand(engine_put(t, table_of(b, from, BLOBS), pair_key(key, w->index, number % SLOTS),
                      make_blob(w->blob, w->index, number)),
           "put");
    demand(engine_queue_put(t, b->counters, number_key(key, w->index), (hs_slice){&number, 8}),
           "queue");
    demand(engine_commit(t), "commit");
    acknowledgement said = {w->index, (uint32_t)durability, number};
    if (write(w->pipe, &said, sizeof said) != (ssize_t)sizeof said) abort();
}

static void *work(void *argument) {
    worker *w = argument;
    engine_txn *t = NULL;
    uint8_t key[4];
    demand(engine_begin_read(w->bank->engine, &t), "begin");
    uint64_t number = read_number(t, w->bank->counters, number_key(key, w->index));
    engine_abort(t);
    for (;;) {
        commit_one(w, ++number);
    }
    return NULL;
}

static void tell(int pipe, keeper_news news, uint64_t number) {
    acknowledgement said = {KEEPER, (uint32_t)news, number};
    if (write(pipe, &said, sizeof said) != (ssize_t)sizeof said) abort();
}

static void drop_scratch(bank *b) {
    engine_txn *t = NULL;
    engine_family family = 0;
    demand(engine_begin_read(b->engine, &t), "begin");
    hs_status found = engine_family_find(t, "scratch", &family);
    engine_abort(t);
    if (found == HS_OK) demand(engine_family_drop(b->engine, family), "drop");
}

static void fill_scratch(bank *b, uint64_t number) {
    const engine_table_definition table = {"rows", plain_options};
    static uint8_t row[2000];
    engine_family family = 0;
    engine_txn *t = NULL;
    demand(engine_family_create(b->engine, "scratch", &table, 1, &family), "create");
    demand(engine_begin_write(b->engine, &family, 1, HS_DURABLE, &t), "begin");
    memcpy(row, &number, sizeof number);
    for (uint32_t i = 0; i < SCRATCH_ROWS; i++) {
        uint8_t key[4];
        hs_slice value = {row, i % 10 == 0 ? sizeof row : 100};
        demand(engine_put(t, (engine_table){family, 1}, number_key(key, i), value), "put");
    }
    demand(engine_commit(t), "commit");
}

/* Does what goes on beside commits. */
static void *keep(void *argument) {
    worker *w = argument;
    drop_scratch(w->bank);
    for (;;) {
        uint64_t number = random_next(&w->random);
        fill_scratch(w->bank, number);
        tell(w->pipe, FILLED, number);
        if (random_chance(&w->random, 50)) demand(engine_checkpoint(w->bank->engine), "save");
        if (random_chance(&w->random, 30)) demand(engine_compact(w->bank->engine), "compact");
        tell(w->pipe, DROPPING, number);
        drop_scratch(w->bank);
        tell(w->pipe, DROPPED, number);
        if (random_chance(&w->random, 30)) demand(engine_compact(w->bank->engine), "compact");
    }
    return NULL;
}

/* Commits until it is killed. */
static int child_main(const char *path, int pipe, uint64_t seed) {
    static worker workers[WORKERS + 1];
    pthread_t threads[WORKERS + 1];
    bank b;
    bank_open(&b, path, seed % 2 == 1);
    for (uint32_t i = 0; i <= KEEPER; i++) {
        workers[i].bank = &b;
        workers[i].index = i;
        workers[i].pipe = pipe;
        workers[i].random.state = seed * (WORKERS + 1) + i;
        if (pthread_create(&threads[i], NULL, i == KEEPER ? keep : work, &workers[i]) != 0) abort();
    }
    for (uint32_t i = 0; i <= KEEPER; i++) {
        pthread_join(threads[i], NULL);
    }
    return 0;
}

/* --- the parent ------------------------------------------------------------------------------- */

typedef struct expectation {
    uint64_t kept[WORKERS]; /* the last commits that must be there */
    keeper_news news;       /* of the scratch family */
    uint64_t scratch;
    uint64_t drops; /* reported in all */
} expectation;

static pid_t start_child(const char *path, int pipe, uint64_t seed) {
    char pipe_text[16], seed_text[24];
    snprintf(pipe_text, sizeof pipe_text, "%d", pipe);
    snprintf(seed_text, sizeof seed_text, "%" PRIu64, seed);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child > 0) return child;
    execl("/proc/self/exe", "kill_test", "--child", path, pipe_text, seed_text, (char *)NULL);
    _exit(127);
}

static void note(expectation *expected, const acknowledgement *said) {
    assert_true(said->worker <= KEEPER);
    if (said->worker == KEEPER) {
        expected->news = (keeper_news)said->durability;
        expected->scratch = said->number;
        expected->drops += expected->news == DROPPED;
        return;
    }
    if (said->durability == HS_RELAXED) return;
    expected->kept[said->worker] = said->number;
}

/* Lets a child commit, and kills it after `acknowledged` commits. */
static void run_and_kill(const char *path, uint64_t acknowledged, uint64_t seed,
                         expectation *expected) {
    int ends[2], result = 0;
    acknowledgement said;
    assert_int_equal(pipe(ends), 0);
    pid_t child = start_child(path, ends[1], seed);
    close(ends[1]);
    expected->news = UNKNOWN;
    for (uint64_t i = 0; i < acknowledged; i++) {
        if (read(ends[0], &said, sizeof said) != (ssize_t)sizeof said) break;
        note(expected, &said);
    }
    kill(child, SIGKILL);
    while (read(ends[0], &said, sizeof said) == (ssize_t)sizeof said) {
        note(expected, &said);
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &result, 0), child);
    if (!WIFSIGNALED(result) || WTERMSIG(result) != SIGKILL) {
        fail_msg("the child ended by itself (%d)", result);
    }
}

static void check_sum(const bank *b, engine_txn *t) {
    uint64_t sum = 0;
    for (size_t i = 0; i < FAMILIES; i++) {
        for (uint32_t a = 0; a < ACCOUNTS; a++) {
            uint8_t key[4];
            sum += read_number(t, table_of(b, i, BALANCES), number_key(key, a));
        }
    }
    assert_int_equal(sum, first_balance * ACCOUNTS * FAMILIES);
}

/* Fails unless the table has exactly the commits in (number − HISTORY, number] of the worker for
 * which `at` names it. */
static void check_range(const bank *b, engine_txn *t, uint32_t table, uint32_t index,
                        uint64_t number, size_t (*at)(uint64_t, uint32_t)) {
    uint64_t first = number > HISTORY ? number - HISTORY + 1 : 1;
    for (size_t i = 0; i < FAMILIES; i++) {
        engine_cursor *c = NULL;
        uint8_t key[12];
        assert_ok(engine_cursor_open(t, table_of(b, i, table), &c));
        int found = engine_cursor_seek(c, number_key(key, index));
        for (uint64_t n = first; n <= number; n++) {
            if (at(n, index) != i) continue;
            if (found != 1) fail_msg("worker %u: commit %" PRIu64 " is incomplete", index, n);
            assert_int_equal(engine_cursor_key(c).size, 12);
            assert_memory_equal(engine_cursor_key(c).data, pair_key(key, index, n).data, 12);
            found = engine_cursor_next(c);
        }
        if (found == 1 && memcmp(engine_cursor_key(c).data, key, 4) == 0) {
            fail_msg("worker %u: a part of a commit after %" PRIu64 " is there", index, number);
        }
        engine_cursor_close(c);
    }
}

static void check_blobs(const bank *b, engine_txn *t, uint32_t index, uint64_t number) {
    static uint8_t bytes[BLOB_LONGEST];
    for (uint64_t n = number > SLOTS ? number - SLOTS + 1 : 1; n <= number; n++) {
        uint8_t key[12];
        hs_slice found = {0}, expected = make_blob(bytes, index, n);
        assert_ok(engine_get(t, table_of(b, first_family(n, index), BLOBS),
                             pair_key(key, index, n % SLOTS), &found));
        assert_int_equal(found.size, expected.size);
        if (found.size > 0) assert_memory_equal(found.data, expected.data, found.size);
    }
}

/* The scratch family is whole, or empty and just made, or not there, and only as was reported. */
static void check_scratch(engine_txn *t, const expectation *expected) {
    engine_table table = {0, 1};
    uint32_t rows = 0;
    uint64_t number = 0;
    engine_cursor *c = NULL;
    if (engine_family_find(t, "scratch", &table.family) != HS_OK) {
        if (expected->news == FILLED) fail_msg("a family whose making was acknowledged is gone");
        return;
    }
    assert_ok(engine_cursor_open(t, table, &c));
    for (; engine_cursor_next(c) == 1; rows++) {
        uint64_t here = 0;
        memcpy(&here, engine_cursor_value(c).data, sizeof here);
        if (rows > 0 && here != number) fail_msg("a family mixes the rows of two");
        number = here;
    }
    engine_cursor_close(c);
    if (rows != 0 && rows != SCRATCH_ROWS) fail_msg("a family has %u rows of a commit", rows);
    bool known = rows > 0 && number == expected->scratch;
    if (expected->news == FILLED && !known) fail_msg("a family lost what was acknowledged");
    if (expected->news == DROPPING && !known) fail_msg("a family is there by half");
    if (expected->news == DROPPED && known) fail_msg("a family is back that was dropped");
}

static void report_problem(void *context, const char *problem) {
    (void)context;
    print_error("check: %s\n", problem);
}

static void check_bank(const char *path, const expectation *expected, uint64_t numbers[WORKERS]) {
    bank b;
    engine_txn *t = NULL;
    engine_check_result result;
    bank_open(&b, path, false);
    assert_ok(engine_begin_read(b.engine, &t));
    for (uint32_t i = 0; i < WORKERS; i++) {
        uint8_t key[4];
        numbers[i] = read_number(t, b.counters, number_key(key, i));
        if (numbers[i] < expected->kept[i]) {
            fail_msg("worker %u: commit %" PRIu64
                     " was acknowledged, the last one there is %" PRIu64,
                     i, expected->kept[i], numbers[i]);
        }
        check_range(&b, t, EDGES, i, numbers[i], first_family);
        check_range(&b, t, EDGE_HISTORY, i, numbers[i], first_family);
        check_range(&b, t, REVERSE, i, numbers[i], second_family);
        check_blobs(&b, t, i, numbers[i]);
    }
    check_sum(&b, t);
    check_scratch(t, expected);
    engine_abort(t);
    assert_ok(engine_check(b.engine, report_problem, NULL, &result));
    assert_int_equal(result.problems, 0);
    assert_ok(engine_close(b.engine));
}

/* A clean close leaves no log, so there may be none to copy. */
static void copy_file(const char *from, const char *to) {
    char bytes[65536];
    size_t got;
    FILE *source = fopen(from, "rb");
    if (source == NULL) return;
    FILE *target = fopen(to, "wb");
    assert_non_null(target);
    while ((got = fread(bytes, 1, sizeof bytes, source)) > 0) {
        assert_int_equal(fwrite(bytes, 1, got, target), got);
    }
    fclose(source);
    assert_int_equal(fclose(target), 0);
}

static struct { uint64_t kills, seed; } arguments = {20, 1};

static void nothing_acknowledged_is_lost_when_a_process_is_killed(void **state) {
    (void)state;
    char directory[256], path[280], log[288], copy[280], copy_log[288];
    random_source random = {arguments.seed};
    expectation expected = {.news = UNKNOWN};
    uint64_t numbers[WORKERS] = {0};
    directory_create(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/bank", directory);
    snprintf(log, sizeof log, "%s-log", path);
    snprintf(copy, sizeof copy, "%s/copy", directory);
    snprintf(copy_log, sizeof copy_log, "%s-log", copy);
    bank_create(path);
    for (uint64_t i = 0; i < arguments.kills; i++) {
        uint64_t limit = random_chance(&random, 20) ? 3 : 600;
        run_and_kill(path, random_below(&random, limit), random_next(&random) >> 1, &expected);
        /* Half of the time the next child recovers what this one left, unseen by a process that
         * closes cleanly. */
        bool look_at_copy = random_chance(&random, 50);
        if (look_at_copy) {
            copy_file(path, copy);
            copy_file(log, copy_log);
        }
        check_bank(look_at_copy ? copy : path, &expected, numbers);
        for (uint32_t w = 0; w < WORKERS; w++) {
            expected.kept[w] = numbers[w];
        }
        unlink(copy);
        unlink(copy_log);
    }
    print_message("# kills: %" PRIu64 ", with %" PRIu64 " commits and %" PRIu64
                  " families dropped, seed %" PRIu64 "\n",
                  arguments.kills, numbers[0] + numbers[1], expected.drops, arguments.seed);
    directory_remove(directory);
}

int main(int count, char **values) {
    if (count == 5 && strcmp(values[1], "--child") == 0) {
        return child_main(values[2], atoi(values[3]), strtoull(values[4], NULL, 10));
    }
    for (int i = 1; i + 1 < count; i += 2) {
        uint64_t number = strtoull(values[i + 1], NULL, 10);
        if (strcmp(values[i], "--kills") == 0)
            arguments.kills = number;
        else if (strcmp(values[i], "--seed") == 0)
            arguments.seed = number;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_acknowledged_is_lost_when_a_process_is_killed),
    };
    return cmocka_run_group_tests_name("kill", tests, NULL, NULL);
}
