package org.litestream4j.history.diff;

/**
 * A part of the schema that is not the same in both states.
 *
 * @param change what became of it
 * @param type {@code table}, {@code index}, {@code view} or {@code trigger}
 * @param name of it
 */
public record SchemaChange(Change change, String type, String name) {
}
