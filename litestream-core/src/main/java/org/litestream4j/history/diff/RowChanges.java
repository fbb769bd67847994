package org.litestream4j.history.diff;

import java.io.IOException;

import org.jspecify.annotations.Nullable;

/** Hears of the rows of one table that differ, in the order of their keys. */
interface RowChanges {

	void added(@Nullable Object[] row) throws IOException;

	void removed(@Nullable Object[] row) throws IOException;

	/** The keys are the same, to the last bit. */
	void changed(@Nullable Object[] before, @Nullable Object[] after) throws IOException;

}
