package org.litestream4j.format.ltx;

import java.io.IOException;
import java.util.List;
import java.util.Optional;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import org.litestream4j.format.Generation;
import org.litestream4j.format.TransactionId;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.lease.Catalog;
import org.litestream4j.lease.ChainEnd;
import org.litestream4j.lease.LogAccess;
import org.litestream4j.replication.FencedException;

/**
 * Takes a replica over. It is one log, whatever local generations were written to it: one
 * fence at its end, a file that changes nothing, takes the only name that an owner who is
 * still alive could use next. To those who take over it looks like a log whose first
 * fence is there already. Thread-safe.
 * <p>
 * A fence bears the time of the newest commit before it, not its own: what is taken over
 * must not look newer than another replica that holds more.
 */
final class LtxFences implements LogAccess {

	private static final Logger logger = LoggerFactory.getLogger(LtxFences.class);

	private final LtxReplica replica;

	private final LtxAppend append;

	/** As of the last listing. */
	private volatile @Nullable Seen seen;

	/**
	 * What was listed.
	 *
	 * @param newest the last transaction
	 * @param end with what it ends
	 */
	private record Seen(long newest, LtxEnd end) {
	}

	LtxFences(LtxReplica replica) {
		this.replica = replica;
		this.append = new LtxAppend(replica);
	}

	@Override
	public Catalog catalog() throws IOException {
		LtxKnown known = LtxKnown.read(this.replica);
		long newest = known.newestTxid();
		LtxEnd end = end(known);
		if (end == null) {
			this.seen = null;
			return new Catalog(List.of());
		}
		this.seen = new Seen(newest, end);
		WalPosition position = end.position();
		boolean restorable = LtxChain.towards(known.all(), newest).reached() == newest;
		return Catalog.ofOneLog(new Catalog.Log(position.generation(), restorable, position, true));
	}

	/** Null also of an empty replica. */
	@Nullable private LtxEnd end(LtxKnown known) throws IOException {
		try {
			return LtxEnd.read(this.replica, known);
		}
		catch (LtxDamagedException ex) {
			logger.warn("Replica {} cannot be gone on with, as its newest file is damaged: {}",
					this.replica.store().url(), ex.getMessage());
			return null;
		}
	}

	@Override
	public boolean putFence(WalPosition at, Writer writer) throws IOException {
		Seen last = this.seen;
		if (last == null || !last.end().position().generation().equals(at.generation())) {
			throw new IOException("the end of the replica is not known any more: list it again");
		}
		LtxHeader header = fence(last, writer);
		try {
			LtxFile fence = this.append.put(header, LtxAppend.Existing.KEPT,
					(out) -> new LtxWriter(out, header).finish());
			return isLast(fence);
		}
		catch (FencedException ex) {
			return false;
		}
	}

	/**
	 * Whether nothing but fences lies beyond a fence. Its number may have been taken
	 * after it was listed, and be free again, if it took long enough since for that to be
	 * compacted: then it keeps nobody out, and is none. The newest transaction that
	 * changes anything is never deleted, so a listing tells.
	 */
	private boolean isLast(LtxFile fence) throws IOException {
		if (this.replica.list(0).stream().allMatch((file) -> file.maxTxid() <= fence.maxTxid() || file.isFence())) {
			return true;
		}
		this.replica.delete(List.of(fence));
		return false;
	}

	private static LtxHeader fence(Seen last, Writer writer) {
		LtxHeader before = last.end().header();
		LtxOrigin origin = last.end().origin();
		long offset = before.walOffset() + before.walSize();
		return new LtxHeader(before.pageSize(), before.pages(), last.newest() + 1, last.newest() + 1,
				before.timestamp(), offset, 0, (offset > 0) ? before.salt1() : 0, (offset > 0) ? before.salt2() : 0,
				LtxEnd.node(writer.runId()),
				new LtxOrigin(origin.generation(), origin.index(), Math.toIntExact(writer.epoch()), origin.check()));
	}

	@Override
	public Optional<ChainEnd> end(Generation generation) throws IOException {
		LtxEnd end = end(LtxKnown.read(this.replica));
		if (end == null || !end.position().generation().equals(generation)) {
			return Optional.empty();
		}
		return Optional.of(new ChainEnd(end.position(), end.run(), end.position().index() + 1, end.file().storedAt(),
				new TransactionId(end.file().maxTxid())));
	}

}
