package org.litestream4j.history.diff;

import java.util.Map;

/**
 * One row that is not the same in both states. Values are literals as SQL has them, so
 * that text, numbers and blobs can be told apart, and are cut where they are long.
 *
 * @param change what became of it
 * @param key the columns by which it is known
 * @param before its values in the first state; of a changed row those that differ
 * @param after its values in the second state; of a changed row those that differ
 */
public record RowDiff(Change change, Map<String, String> key, Map<String, String> before, Map<String, String> after) {
}
