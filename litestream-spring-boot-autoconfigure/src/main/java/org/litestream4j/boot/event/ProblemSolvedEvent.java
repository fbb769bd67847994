package org.litestream4j.boot.event;

import org.jspecify.annotations.Nullable;

import org.litestream4j.observe.LitestreamListener.Problem;

/**
 * A problem that was found is gone.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica that had it; null if it concerned the database
 * @param problem what it was
 */
public record ProblemSolvedEvent(String database, @Nullable String replica, Problem problem) {
}
