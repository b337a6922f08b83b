/* plot_test.c: labels overlap neither each other nor large nodes; edges are geodesics; the picture
 * is the same each time, whatever the names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "../../cli/plot.h"
#include "cmocka_tests.h"
#include "random.h"

#define NODES 300

static plot random_plot(test_random *random, plot_node *nodes, char names[NODES][24]) {
    for (size_t i = 0; i < NODES; i++) {
        double radius = sqrt((double)test_random_below(random, 990) / 1000);
        double angle = (double)test_random_below(random, 6283) / 1000;
        snprintf(names[i], 24, "node number %zu", i);
        nodes[i] = (plot_node){.label = names[i],
                               .degree = (uint32_t)(NODES / (i + 1)),
                               .x = radius * cos(angle),
                               .y = radius * sin(angle)};
    }
    return (plot){.nodes = nodes, .node_count = NODES, .title = "c/t", .labels_max = 100};
}

static void labels_never_overlap(void **state) {
    (void)state;
    test_random random = test_random_start();
    static plot_node nodes[NODES];
    static char names[NODES][24];
    plot_label labels[100];
    for (int round = 0; round < 20; round++) {
        plot plot = random_plot(&random, nodes, names);
        size_t count = plot_labels(&plot, labels);
        assert_in_range(count, 10, 100);
        assert_int_equal(labels[0].node, 0); /* the most connected has its label */
        for (size_t i = 0; i < count; i++) {
            double width = 0.5 * labels[i].size * (double)strlen(nodes[labels[i].node].label);
            assert_true(labels[i].x >= 0 && labels[i].x + width <= PLOT_SIZE);
            assert_true(labels[i].y - labels[i].size >= -2 && labels[i].y <= PLOT_SIZE);
            for (size_t j = 0; j < i; j++) {
                double other = 0.5 * labels[j].size * (double)strlen(nodes[labels[j].node].label);
                bool beside =
                    labels[i].x >= labels[j].x + other || labels[j].x >= labels[i].x + width;
                bool above = labels[i].y <= labels[j].y - 0.8 * labels[j].size ||
                             labels[j].y <= labels[i].y - 0.8 * labels[i].size;
                assert_true(beside || above);
            }
        }
    }
}

static void assert_drawn(const plot *plot, const char *part) {
    buffer picture = {NULL, 0, 0};
    plot_svg(plot, &picture);
    if (strstr(buffer_string(&picture), part) == NULL)
        fail_msg("'%s' is not in %s", part, buffer_string(&picture));
    buffer_free(&picture);
}

static void edges_are_arcs_that_meet_the_rim_at_right_angles(void **state) {
    (void)state;
    /* Of (½,0) and (0,½) the circle has its centre at (1¼,1¼) and radius √2.125. */
    plot_node nodes[] = {{.label = "a", .degree = 2, .x = 0.5},
                         {.label = "b", .degree = 1, .y = 0.5},
                         {.label = "c", .degree = 1, .x = -0.5}};
    plot_edge edges[] = {{0, 1}, {1, 0}, {0, 2}};
    plot plot = {.nodes = nodes, .node_count = 3, .edges = edges, .edge_count = 3, .title = "c/t"};
    assert_drawn(&plot, "M720.00 500.00A641.40 641.40 0 0 1 500.00 280.00"
                        "M500.00 280.00A641.40 641.40 0 0 0 720.00 500.00"
                        "M720.00 500.00L280.00 500.00");
}

static void names_cannot_break_the_picture(void **state) {
    (void)state;
    plot_node nodes[] = {{.label = "<b>&\"\n", .degree = 1}};
    plot plot = {.nodes = nodes, .node_count = 1, .title = "a<c", .labels_max = 1};
    assert_drawn(&plot, ">&lt;b&gt;&amp;\" </text>");
    assert_drawn(&plot, "<title>a&lt;c</title>");
}

static void the_same_plot_is_the_same_picture(void **state) {
    (void)state;
    test_random random = test_random_start();
    static plot_node nodes[NODES];
    static char names[NODES][24];
    buffer first = {NULL, 0, 0}, second = {NULL, 0, 0};
    plot plot = random_plot(&random, nodes, names);
    plot_svg(&plot, &first);
    plot_svg(&plot, &second);
    assert_string_equal(buffer_string(&first), buffer_string(&second));
    buffer_free(&first);
    buffer_free(&second);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_never_overlap),
        cmocka_unit_test(edges_are_arcs_that_meet_the_rim_at_right_angles),
        cmocka_unit_test(names_cannot_break_the_picture),
        cmocka_unit_test(the_same_plot_is_the_same_picture),
    };
    return cmocka_run_group_tests_name("plot", tests, NULL, NULL);
}
