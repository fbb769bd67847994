package org.litestream4j.history;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a query answered. Immutable, but for the bytes of blobs.
 *
 * @param columns their names
 * @param rows the first rows; each value is null, a {@link Long}, a {@link Double}, a
 * {@link String} or a byte array
 * @param count how many rows there are in all
 * @param digest tells answers apart, whatever they have: equal for equal rows in the same
 * order
 * @param error why it could not be asked in this state, as a table or a column is not
 * there; null if it could
 */
public record QueryAnswer(List<String> columns, List<List<@Nullable Object>> rows, long count, String digest,
		@Nullable String error) {

	/**
	 * Creates an answer.
	 * @param columns their names
	 * @param rows the first rows
	 * @param count how many rows there are in all
	 * @param digest tells answers apart
	 * @param error why it could not be asked in this state, or null
	 */
	public QueryAnswer {
		columns = List.copyOf(columns);
		rows = Collections.unmodifiableList(new ArrayList<>(rows));
	}

	/**
	 * {@return whether another answer says the same}
	 * @param other the other one
	 */
	public boolean isSame(QueryAnswer other) {
		return this.digest.equals(other.digest);
	}

	/**
	 * {@return whether there are more rows than were kept}
	 */
	public boolean isCut() {
		return this.count > this.rows.size();
	}

}
