package org.litestream4j.boot.jdbc;

import java.sql.SQLException;

/**
 * One of the ways to execute a statement. What it needs is handed to it, so that it
 * captures nothing and is made once.
 *
 * @param <T> what is called
 * @param <A> what is handed over
 * @param <R> what comes of it
 */
@FunctionalInterface
interface Execution<T, A, R> {

	R run(T target, A argument) throws SQLException;

}
