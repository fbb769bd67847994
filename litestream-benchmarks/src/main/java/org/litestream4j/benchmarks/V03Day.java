package org.litestream4j.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.FileStore;

/** A generation of Litestream v0.3: one snapshot, and a segment for each piece. */
final class V03Day implements DayReplica {

	private final Path directory;

	private final V03Replica replica;

	private final Generation generation = Generation.random();

	V03Day(Path directory) {
		this.directory = directory;
		this.replica = new V03Replica(new FileStore(directory, SystemDisk.ownerOnly()));
	}

	@Override
	public void begin(Path database, Instant now) throws IOException {
		ObjectNote note = new ObjectNote(now, 0L);
		this.replica.writeSnapshot(this.generation, 0, note, (out) -> {
			try (var encoded = ObjectCodec.LZ4.encode(out, note, 0)) {
				Files.copy(database, encoded);
			}
		});
		date("snapshots/%08x.snapshot.lz4".formatted(0), now);
	}

	@Override
	public void ship(int index, long offset, byte[] wal, Instant now) throws IOException {
		ObjectNote note = new ObjectNote(now, null);
		this.replica.writeWalSegment(new WalPosition(this.generation, index, offset), note, (out) -> {
			try (var encoded = ObjectCodec.LZ4.encode(out, note, wal.length)) {
				encoded.write(wal);
			}
		});
		date("wal/%08x_%08x.wal.lz4".formatted(index, offset), now);
	}

	private void date(String name, Instant now) throws IOException {
		Files.setLastModifiedTime(this.directory.resolve("generations/%s/%s".formatted(this.generation, name)),
				FileTime.from(now));
	}

}
