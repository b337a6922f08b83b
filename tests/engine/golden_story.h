/* golden_story.h: what the golden files hold, told to an engine. The story of a format version is
 * never changed: its files were made by it, and are compared with what it tells to an oracle. */
#ifndef ENGINE_GOLDEN_STORY_H
#define ENGINE_GOLDEN_STORY_H

#include "engine/engine.h"

#define GOLDEN_CLOSED "closed.hs" /* the first part, closed */
#define GOLDEN_OPEN   "open.hs"   /* the first part, saved; the second one in its log */

/* Families with tables of every kind, and entries of every length. */
void golden_first_part(engine *e);
/* Every kind of change: entries put, replaced and deleted, tables and families made, renamed and
 * dropped. */
void golden_second_part(engine *e);

#endif
