package org.litestream4j.format.ltx;

import java.time.Instant;
import java.util.Comparator;
import java.util.List;

import org.jspecify.annotations.Nullable;

import org.litestream4j.RestoreTarget;
import org.litestream4j.format.TransactionId;
import org.litestream4j.restore.RestorePlan;

/**
 * Which files make a state.
 *
 * @param files by ascending transactions, the first of which holds every page; each
 * continues those before it
 */
record LtxPlan(List<LtxFile> files) implements RestorePlan {

	LtxPlan {
		files = List.copyOf(files);
	}

	LtxFile last() {
		return this.files.get(this.files.size() - 1);
	}

	@Override
	public Instant createdAt() {
		return this.files.stream().map(LtxFile::storedAt).max(Comparator.naturalOrder()).orElseThrow();
	}

	@Override
	public TransactionId lastStart() {
		return new TransactionId(last().maxTxid());
	}

	/** Another plan for the same target makes the same state, or none. */
	@Override
	public RestoreTarget within(RestoreTarget target) {
		return target;
	}

	@Override
	public long storedBytes() {
		return this.files.stream().mapToLong(LtxFile::size).sum();
	}

	@Override
	public long snapshotBytes() {
		return this.files.get(0).size();
	}

	@Override
	public int applied() {
		return this.files.size() - 1;
	}

	@Override
	public @Nullable String note() {
		return null;
	}

	@Override
	public String describe() {
		return "%d LTX files, up to transaction %s".formatted(this.files.size(), lastStart());
	}

}
