package org.litestream4j.boot.event;

import org.jspecify.annotations.Nullable;

import org.litestream4j.observe.LitestreamListener.Problem;

/**
 * Something was found because of which a backup cannot be relied on.
 *
 * @param database the name of the {@code DataSource} bean
 * @param replica the replica that has it; null if it concerns the database, and so every
 * replica
 * @param problem what it is
 * @param detail one sentence: what is wrong, and what to do
 */
public record ProblemFoundEvent(String database, @Nullable String replica, Problem problem, String detail) {
}
