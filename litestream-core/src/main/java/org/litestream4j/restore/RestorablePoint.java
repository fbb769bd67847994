package org.litestream4j.restore;

import java.time.Instant;
import java.util.Optional;

import org.litestream4j.format.Generation;

/**
 * A state that can be restored, named as a user would ask for it.
 *
 * @param generation its generation
 * @param index its WAL index
 * @param createdAt when its newest object was stored
 */
record RestorablePoint(Generation generation, int index, Instant createdAt) {

	/** The sentence that ends an error. */
	static String describe(Optional<RestorablePoint> point) {
		return point.map((
				newest) -> "the newest state that can still be restored is that of timestamp %s (generation %s, index %d)"
					.formatted(newest.createdAt(), newest.generation(), newest.index()))
			.orElse("no earlier state of this generation can be restored");
	}

}
