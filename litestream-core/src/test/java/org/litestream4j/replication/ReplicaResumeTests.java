package org.litestream4j.replication;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectCodec;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.v03.ReplicaLayout;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.v03.SegmentSource;
import org.litestream4j.format.v03.V03Replica;
import org.litestream4j.io.SystemDisk;
import org.litestream4j.observe.LitestreamListener.GenerationReason;
import org.litestream4j.replication.Rig.Feed;
import org.litestream4j.store.ArchivedObjectException;
import org.litestream4j.store.FileStore;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testing.CapturedLog;
import org.litestream4j.testing.DelegatingStore;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Where shipping goes on after a failure, and after a restart: requests that take effect
 * late, listings that lag, objects that are gone or cannot be read.
 */
class ReplicaResumeTests {

	private static final Duration DAY = Duration.ofDays(1);

	@TempDir
	private Path temp;

	@Test
	void requestThatTakesEffectLateLeavesNoHole() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			WalPosition start = rig.position();
			feed.client().fail();
			rig.commitAndShip(1);
			WalPosition sent = rig.position();
			feed.client().heal();
			rig.commitAndShip(3);
			rig.commitAndShip(2);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			takesEffectInVain(rig, feed, start, sent.offset());
			assertThat(feed.entries(this.temp)).contains(8);
		}
	}

	@Test
	void requestOfAnEarlierProcessThatTakesEffectLateLeavesNoHole() throws Exception {
		WalPosition start;
		WalPosition sent;
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			start = rig.position();
			feed.client().fail();
			rig.commitAndShip(1);
			sent = rig.position();
			rig.commitAndCopy(2);
		}
		try (Rig rig = Rig.start(this.temp)) {
			assertThat(rig.generations()).isEmpty();
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			rig.commitAndShip(2);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			takesEffectInVain(rig, feed, start, sent.offset());
			assertThat(feed.entries(this.temp)).contains(8);
		}
	}

	/** A request that was thought to have failed must change nothing any more. */
	private static void takesEffectInVain(Rig rig, Feed feed, WalPosition start, long end) throws IOException {
		Path object = feed.directory().resolve(ReplicaLayout.segmentName(start));
		byte[] before = Files.readAllBytes(object);
		takesEffect(rig, feed, start, end);
		assertThat(object).hasBinaryContent(before);
	}

	private static void takesEffect(Rig rig, Feed feed, WalPosition start, long end) throws IOException {
		try (V03Replica store = new V03Replica(new FileStore(feed.directory(), SystemDisk.ownerOnly()))) {
			Path object = feed.directory().resolve(ReplicaLayout.segmentName(start));
			byte[] begin = Files.exists(object) ? Arrays.copyOf(Files.readAllBytes(object), 44) : new byte[0];
			Optional<ObjectNote> note = ObjectNote.peek(new ByteArrayInputStream(begin));
			store.writeWalSegment(start, Instant.now(),
					(out) -> new SegmentSource(rig.shadower().shadowWal(), start, end).writeTo(out, ObjectCodec.LZ4,
							note.orElse(null)));
		}
	}

	@Test
	void segmentThatWasSentButIsLostLocallyStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			WalPosition at = rig.position();
			feed.replicator().notes().sending(SentSegment.unanswered(at, at.offset() + (1 << 20), Instant.now()));
			rig.commitAndShip(1);
			assertDiverged(rig, feed, "which the local disk has lost");
		}
	}

	@Test
	void listingThatLagsDoesNotLeadBack() throws Exception {
		AtomicInteger lacking = new AtomicInteger();
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one", DAY, (store) -> new DelegatingStore(store) {
				@Override
				public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
					List<StoredObject> all = new ArrayList<>();
					super.list(directory, depth, all::add);
					all.sort(Comparator.comparing(StoredObject::name));
					int lacks = isWal(directory) ? lacking.get() : 0;
					for (StoredObject object : all.subList(0, Math.max(all.size() - lacks, 0))) {
						visitor.visit(object);
					}
				}
			});
			rig.commitAndShip(2);
			feed.settle();
			rig.commitAndShip(2);
			rig.commitAndShip(2);
			lacking.set(2);
			feed.client().failNth(1);
			rig.commitAndShip(1);
			rig.commitAndShip(1);
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.client().stored()).doesNotHaveDuplicates();
			assertThat(rig.generations()).hasSize(1);
			assertThat(feed.entries(this.temp)).contains(8);
		}
	}

	@Test
	void segmentInsideTheAcknowledgedOneIsPassedOver() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			feed.settle();
			rig.commitAndCopy(1);
			WalPosition inside = rig.position();
			rig.commitAndCopy(1);
			WalPosition insideEnd = rig.position();
			rig.commitAndShip(1);
			WalPosition reached = rig.position();
			Path wal = feed.directory().resolve("generations/%s/wal".formatted(inside.generation()));
			takesEffect(rig, feed, inside, insideEnd.offset());
			feed.client().failNth(1);
			rig.commitAndShip(1);
			feed.ship();
			assertThat(wal.resolve("00000000_%08x.wal.lz4".formatted(insideEnd.offset()))).doesNotExist();
			assertThat(wal.resolve("00000000_%08x.wal.lz4".formatted(reached.offset()))).exists();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(rig.generations()).hasSize(1);
		}
	}

	@Test
	void acknowledgedSegmentThatIsGoneStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			WalPosition start = rig.position();
			rig.commitAndShip(2);
			Files.delete(feed.directory().resolve(ReplicaLayout.segmentName(start)));
			feed.client().failNth(1);
			rig.commitAndShip(1);
			feed.ship();
			assertDiverged(rig, feed, "which it had acknowledged");
		}
	}

	@Test
	void replicaDirectoryThatWasAwayForAMomentLeavesNoHole() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			Path away = Files.move(feed.directory(), this.temp.resolve("away"));
			Files.createDirectory(feed.directory()); // a bare mount point
			rig.commitAndShip(1);
			assertThat(feed.replicator().lastError()).contains("has vanished");
			Files.delete(feed.directory());
			Files.move(away, feed.directory());
			rig.commitAndShip(1);
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(rig.generations()).hasSize(1);
			assertThat(feed.entries(this.temp)).contains(4);
		}
	}

	@Test
	void directoryOfTheGenerationThatIsGoneStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			Files.move(feed.directory().resolve("generations/" + rig.position().generation()),
					this.temp.resolve("away"));
			rig.commitAndShip(1);
			assertThat(feed.replicator().lastError()).contains("has vanished");
			feed.ship();
			assertDiverged(rig, feed, "which it had acknowledged");
		}
	}

	@Test
	void acknowledgedSegmentThatIsGoneAfterARestartStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
		}
		deleteSegments(this.temp.resolve("one"));
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(1);
			assertThat(rig.generations()).singleElement()
				.satisfies((start) -> assertThat(start.detail()).contains("which it had acknowledged"));
			feed.settle();
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	private static void deleteSegments(Path replica) throws IOException {
		try (var files = Files.walk(replica)) {
			for (Path file : files.filter((path) -> path.toString().endsWith(".wal.lz4")).toList()) {
				Files.delete(file);
			}
		}
	}

	@Test
	void newestSegmentThatIsArchivedDoesNotStopShippingAfterARestart() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
		}
		AtomicBoolean archived = new AtomicBoolean(true);
		try (Rig rig = Rig.start(this.temp); CapturedLog log = CapturedLog.begin()) {
			Feed feed = rig.replica("one", DAY, (client) -> archive(client, archived));
			rig.commitAndShip(1);
			assertThat(log.warnings()).filteredOn((line) -> line.contains("was moved to an archive")).hasSize(1);
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(rig.generations()).isEmpty();
			assertThat(feed.replicator().position()).isEqualTo(rig.position());
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void newestSegmentThatMayNotBeReadIsAFailureAlthoughItWasAcknowledged() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
		}
		AtomicBoolean denied = new AtomicBoolean(true);
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one", DAY,
					(client) -> unreadable(client, denied, () -> new IOException("access denied; allow s3:GetObject")));
			rig.commitAndShip(1);
			assertThat(feed.replicator().isFailing()).isTrue();
			assertThat(feed.replicator().lastError()).contains("allow s3:GetObject");
			denied.set(false);
			feed.ship();
			assertThat(feed.replicator().lastError()).isNull();
			assertThat(rig.generations()).isEmpty();
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	@Test
	void newestSegmentThatIsArchivedAndWasNeverAcknowledgedStartsAGeneration() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
		}
		deleteNotes();
		AtomicBoolean archived = new AtomicBoolean(true);
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one", DAY, (client) -> archive(client, archived));
			rig.commitAndShip(1);
			assertThat(rig.generations()).singleElement()
				.satisfies((start) -> assertThat(start.detail()).contains("was moved to an archive"));
			feed.settle();
			assertThat(feed.entries(this.temp)).contains(3);
		}
	}

	/** As an older version leaves the meta directory. */
	private void deleteNotes() throws IOException {
		try (var files = Files.list(this.temp.resolve("meta"))) {
			for (Path notes : files.filter((path) -> path.getFileName().toString().startsWith("replica-")).toList()) {
				Files.delete(notes);
			}
		}
	}

	private static ObjectStore archive(ObjectStore store, AtomicBoolean archived) {
		return unreadable(store, archived,
				() -> new ArchivedObjectException("the object has been moved to an archive; thaw it first",
						new IOException("InvalidObjectState")));
	}

	private static ObjectStore unreadable(ObjectStore store, AtomicBoolean unreadable, Supplier<IOException> failure) {
		return new DelegatingStore(store) {
			@Override
			public OpenedObject open(StoredObject object, long from, long to) throws IOException {
				if (unreadable.get() && isWal(object.name())) {
					throw failure.get();
				}
				return super.open(object, from, to);
			}
		};
	}

	@Test
	void walBehindANewerSnapshotIsNotShipped() throws Exception {
		try (Rig rig = Rig.start(this.temp)) {
			Feed feed = rig.replica("one");
			rig.commitAndShip(2);
			feed.settle();
			feed.replicator().snapshotStored(new Snapshot(rig.position().generation(), 1, 1, Instant.now()));
			Generation before = rig.position().generation();
			rig.commitAndShip(1);
			assertThat(feed.client().stored()).filteredOn((name) -> name.contains(before.name())).hasSize(2);
			assertDiverged(rig, feed, "goes on although a snapshot of the next one exists");
		}
	}

	private void assertDiverged(Rig rig, Feed feed, String why) throws Exception {
		assertThat(rig.generations()).hasSize(2);
		assertThat(rig.generations().get(1).reason()).isEqualTo(GenerationReason.REPLICA_DIVERGED);
		assertThat(rig.generations().get(1).detail()).contains(why);
		feed.settle();
		assertThat(feed.replicator().position()).isEqualTo(rig.position());
		assertThat(feed.entries(this.temp)).contains(rig.database().committed());
	}

}
