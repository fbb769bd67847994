package org.litestream4j.format.ltx;

import java.io.IOException;
import java.util.Map;

import org.litestream4j.replication.FencedException;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;

/**
 * Stores the next file of level 0, whose name is the one that every writer of a replica
 * would use next: created only once, it keeps all others out. Thread-safe.
 */
final class LtxAppend {

	private final LtxReplica replica;

	LtxAppend(LtxReplica replica) {
		this.replica = replica;
	}

	/** Whether something that is there is replaced. */
	enum Existing {

		REPLACED, KEPT

	}

	/**
	 * Stores a file of level 0. The same again is safe.
	 * @param header names transaction and writer
	 * @throws FencedException if somebody else's file is there, and is kept
	 */
	LtxFile put(LtxHeader header, Existing existing, ObjectContent content) throws IOException {
		LtxFile file = LtxFile.named(0, header.minTxid(), header.maxTxid());
		if (existing == Existing.REPLACED) {
			return this.replica.write(file, header.time(), Map.of(), Precondition.NONE, content);
		}
		try {
			return this.replica.write(file, header.time(), Map.of(), Precondition.ABSENT, content);
		}
		catch (PreconditionFailedException ex) {
			return requireOwn(file, header, content, ex);
		}
	}

	/** A file that is there already may be one's own, the answer to which was lost. */
	private LtxFile requireOwn(LtxFile file, LtxHeader header, ObjectContent content, PreconditionFailedException why)
			throws IOException {
		String name = this.replica.name(file);
		StoredObject found = this.replica.store()
			.stat(name)
			.orElseThrow(() -> new IOException("%s was there, and is gone".formatted(name), why));
		LtxFile there = new LtxFile(0, file.minTxid(), file.maxTxid(), found.size(), found.storedAt(), found.tag());
		String run = null;
		try {
			LtxHeader stored = this.replica.header(there);
			if (stored.equals(header) && found.size() == content.size()) {
				return there;
			}
			run = LtxEnd.run(stored);
			if (header.isOfSameRun(stored)) {
				throw new IOException("%s was stored by an earlier request, whose answer was lost".formatted(name),
						why);
			}
		}
		catch (LtxDamagedException ex) {
			why.addSuppressed(ex);
		}
		throw FencedException.of(name, run, why);
	}

}
