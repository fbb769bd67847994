package org.litestream4j.replica;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ObjectNote;
import org.litestream4j.format.ReplicaLayout;
import org.litestream4j.format.Snapshot;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.WalSegment;
import org.litestream4j.io.Disk;

/**
 * Keeps a backup in a folder of a file system. An object's creation time is its file's
 * modification time, as precise as the file system keeps it. Foreign files are neither
 * listed nor touched. Thread-safe.
 * <p>
 * The folder is created when something is first written to it. A missing folder reads as
 * empty, unless there is reason to believe that it vanished: see
 * {@link ReplicaFolder#requirePresent()}.
 */
public final class FileReplicaClient implements ReplicaClient {

	private static final Comparator<WalSegment> BY_POSITION = Comparator.comparingInt(WalSegment::index)
		.thenComparingLong(WalSegment::offset);

	private final ReplicaFolder folder;

	private final FileObjectWriter writer;

	private final Disk disk;

	/**
	 * Creates a client. Does no I/O.
	 * @param root the replica's folder; made absolute
	 * @param disk writes, with the permissions that files shall have
	 */
	public FileReplicaClient(Path root, Disk disk) {
		this(new ReplicaFolder(root.toAbsolutePath().normalize(), MountTable::ofSystem), disk);
	}

	FileReplicaClient(ReplicaFolder folder, Disk disk) {
		this.folder = folder;
		this.disk = disk;
		this.writer = new FileObjectWriter(folder, disk);
	}

	@Override
	public String type() {
		return "file";
	}

	@Override
	public String url() {
		return new ReplicaUrl.File(this.folder.root()).toString();
	}

	/** By the dates of the files that are written; the first time one is made for it. */
	@Override
	public Optional<Duration> clockOffset() {
		return this.writer.clockOffset();
	}

	@Override
	public List<Generation> generations() throws IOException {
		Path generations = this.folder.resolve(ReplicaLayout.GENERATIONS);
		List<Generation> found = new ArrayList<>();
		for (Path path : this.folder.list(generations)) {
			String name = path.getFileName().toString();
			if (Generation.isValid(name) && Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
				Generation generation = new Generation(name);
				if (holdsObjects(generation)) {
					found.add(generation);
				}
			}
		}
		return found;
	}

	/** Litestream v0.5 writes {@code ltx/<level>/<from>-<to>.ltx}. */
	@Override
	public Optional<ForeignBackup> foreignBackup() throws IOException {
		List<ForeignBackup> found = new ArrayList<>();
		for (Path level : this.folder.list(this.folder.resolve("ltx"))) {
			for (Path file : Files.isDirectory(level) ? this.folder.list(level) : List.<Path>of()) {
				if (ReplicaLayout.isLtx(file.getFileName().toString())) {
					String name = this.folder.root().relativize(file).toString();
					this.folder.stat(file)
						.ifPresent((stat) -> found.add(new ForeignBackup(ReplicaLayout.LTX, name, stat.modifiedAt())));
				}
			}
		}
		return found.stream().reduce(ForeignBackup::newer);
	}

	private boolean holdsObjects(Generation generation) throws IOException {
		for (Path path : this.folder.list(this.folder.resolve(ReplicaLayout.walFolder(generation)))) {
			String name = path.getFileName().toString();
			if (ReplicaLayout.parseSegment(generation, name, 0, Instant.EPOCH).isPresent()
					&& Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS)) {
				return true;
			}
		}
		return !snapshots(generation).isEmpty();
	}

	@Override
	public List<Snapshot> snapshots(Generation generation) throws IOException {
		List<Snapshot> snapshots = new ArrayList<>();
		for (Path path : this.folder.list(this.folder.resolve(ReplicaLayout.snapshotsFolder(generation)))) {
			this.folder.stat(path)
				.flatMap((stat) -> ReplicaLayout.parseSnapshot(generation, path.getFileName().toString(), stat.size(),
						stat.modifiedAt()))
				.ifPresent(snapshots::add);
		}
		snapshots.sort(Comparator.comparingInt(Snapshot::index));
		return snapshots;
	}

	@Override
	public List<WalSegment> walSegments(Generation generation) throws IOException {
		List<WalSegment> segments = new ArrayList<>();
		visitWalSegments(generation, segments::add);
		segments.sort(BY_POSITION);
		return segments;
	}

	@Override
	public void visitWalSegments(Generation generation, Consumer<? super WalSegment> visitor) throws IOException {
		this.folder.visit(this.folder.resolve(ReplicaLayout.walFolder(generation)),
				(path) -> this.folder.stat(path)
					.flatMap((stat) -> ReplicaLayout.parseSegment(generation, path.getFileName().toString(),
							stat.size(), stat.modifiedAt()))
					.ifPresent(visitor));
	}

	@Override
	public Snapshot writeSnapshot(Generation generation, int index, Instant committedAt, ObjectContent content)
			throws IOException {
		Path target = this.folder.resolve(ReplicaLayout.snapshotName(generation, index));
		ReplicaFolder.Stat stat = this.writer.write(target, index > 0, content);
		return new Snapshot(generation, index, stat.size(), stat.modifiedAt());
	}

	@Override
	public WalSegment writeWalSegment(WalPosition start, Instant committedAt, ObjectContent content)
			throws IOException {
		Path target = this.folder.resolve(ReplicaLayout.newSegmentName(start));
		ReplicaFolder.Stat stat = this.writer.write(target, start.index() > 0 || start.offset() > 0, content);
		return new WalSegment(start.generation(), start.index(), start.offset(), stat.size(), stat.modifiedAt());
	}

	@Override
	public InputStream openSnapshot(Snapshot snapshot) throws IOException {
		return this.folder.open(snapshot.objectName());
	}

	@Override
	public InputStream openWalSegment(WalSegment segment) throws IOException {
		return this.folder.open(segment.objectName());
	}

	@Override
	public Instant committedAt(Snapshot snapshot) throws IOException {
		return committedAt(snapshot.objectName(), snapshot.createdAt());
	}

	@Override
	public Instant committedAt(WalSegment segment) throws IOException {
		return committedAt(segment.objectName(), segment.createdAt());
	}

	/** From the object itself: a copy of the folder may have lost its files' times. */
	private Instant committedAt(String name, Instant createdAt) throws IOException {
		try (InputStream in = this.folder.open(name)) {
			return ObjectNote.peek(in).map(ObjectNote::committedAt).orElse(createdAt);
		}
		catch (NoSuchFileException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw this.folder.explain("read", ex);
		}
	}

	@Override
	public void deleteSnapshots(Collection<Snapshot> snapshots) throws IOException {
		delete(snapshots.stream().map(Snapshot::objectName), snapshots.stream().map(Snapshot::generation));
	}

	@Override
	public void deleteWalSegments(Collection<WalSegment> segments) throws IOException {
		delete(segments.stream().map(WalSegment::objectName), segments.stream().map(WalSegment::generation));
	}

	private void delete(Stream<String> names, Stream<Generation> generations) throws IOException {
		try {
			for (String name : (Iterable<String>) names::iterator) {
				this.disk.deleteIfExists(this.folder.resolve(name));
			}
			for (Generation generation : (Iterable<Generation>) generations.distinct()::iterator) {
				this.writer.tidy(generation);
			}
		}
		catch (IOException ex) {
			throw this.folder.explain("delete from", ex);
		}
	}

	@Override
	public void close() {
	}

	@Override
	public String toString() {
		return url();
	}

}
