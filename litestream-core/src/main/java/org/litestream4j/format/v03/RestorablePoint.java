package org.litestream4j.format.v03;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;

/**
 * A state that can be restored, named as a user would ask for it.
 *
 * @param generation its generation
 * @param index its WAL index
 * @param createdAt when its newest object was stored
 */
record RestorablePoint(Generation generation, int index, Instant createdAt) {

	/**
	 * The sentence that ends an error.
	 * @param all what the replica holds
	 * @param damaged the generation that cannot be restored as was wanted
	 * @param limit no object at or after it is any use
	 */
	static String describe(List<GenerationListing> all, GenerationListing damaged, WalPosition limit) {
		Optional<RestorablePoint> same = damaged.newestBefore(limit);
		if (same.isPresent()) {
			return "the newest state that can still be restored is that of timestamp %s (generation %s, index %d)"
				.formatted(same.get().createdAt(), same.get().generation(), same.get().index());
		}
		return all.stream()
			.filter((listing) -> !listing.generation().equals(damaged.generation()))
			.flatMap((listing) -> listing.newest().stream())
			.max(Comparator.comparing(RestorablePoint::createdAt))
			.map((older) -> "no earlier state of this generation can be restored; of another one the newest is that of timestamp %s (generation %s, index %d), which is restored when that generation is asked for"
				.formatted(older.createdAt(), older.generation(), older.index()))
			.orElse("no earlier state of this generation can be restored");
	}

}
