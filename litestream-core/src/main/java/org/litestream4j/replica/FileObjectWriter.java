package org.litestream4j.replica;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import org.litestream4j.format.Generation;
import org.litestream4j.format.ReplicaLayout;
import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;

/**
 * Writes a file replica's objects: whole or not at all, also across a power cut.
 * Thread-safe.
 */
final class FileObjectWriter {

	/*-
	 * A draft is in its object's folder, so that the rename is atomic:
	 *
	 * .<object>.<16 hex, random>.tmp
	 */
	private static final Pattern DRAFT = Pattern
		.compile("\\.[0-9a-f]{8}(_[0-9a-f]{8}\\.wal|\\.snapshot)\\.lz4\\.[0-9a-f]{16}\\.tmp");

	/**
	 * A draft that nobody has written to for this long was left by a crash. A younger one
	 * may be another process's, at work right now.
	 */
	private static final Duration STALE = Duration.ofMinutes(15);

	private static final int BUFFER = 1 << 18;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final ReplicaFolder folder;

	private final Disk disk;

	/** Folders where this writer has looked for what crashes left. */
	private final Set<Path> cleaned = ConcurrentHashMap.newKeySet();

	private final FileClock clock = new FileClock();

	FileObjectWriter(ReplicaFolder folder, Disk disk) {
		this.folder = folder;
		this.disk = disk;
	}

	/**
	 * Writes an object.
	 * @param continues whether it continues others in the same directory
	 */
	ReplicaFolder.Stat write(Path target, boolean continues, ObjectContent content) throws IOException {
		this.folder.requirePresent();
		Path directory = parent(target);
		this.folder.requireNoLink(directory);
		if (continues) {
			this.folder.requireNotVanished(directory);
		}
		Instant begun = Instant.now();
		Path draft = directory.resolve(".%s.%s%s".formatted(target.getFileName(),
				HexFormat.of().toHexDigits(RANDOM.nextLong()), AtomicFile.DRAFT_SUFFIX));
		boolean published = false;
		try (Disk.DiskFile file = create(directory, draft)) {
			writeDraft(file, content);
			publish(draft, target);
			published = true;
			this.folder.filled(directory);
		}
		finally {
			if (!published) {
				discard(draft);
			}
		}
		if (this.cleaned.add(directory)) {
			deleteStaleDrafts(directory);
		}
		ReplicaFolder.Stat stat = this.folder.stat(target)
			.orElseThrow(() -> this.folder.explain("write to", new NoSuchFileException(target.toString())));
		this.clock.written(begun, stat.modifiedAt());
		return stat;
	}

	/**
	 * How far the clock that dates the files is ahead of ours. If nothing was written yet
	 * a draft is written, and deleted again; empty where that is not possible.
	 */
	Optional<Duration> clockOffset() {
		Path generations = this.folder.resolve(ReplicaLayout.GENERATIONS);
		if (!this.clock.isKnown() && Files.isDirectory(generations, LinkOption.NOFOLLOW_LINKS)) {
			Path draft = generations.resolve(
					".clock.%s%s".formatted(HexFormat.of().toHexDigits(RANDOM.nextLong()), AtomicFile.DRAFT_SUFFIX));
			Instant begun = Instant.now();
			try (Disk.DiskFile file = this.disk.create(draft)) {
				file.write(0, new byte[1], 0, 1);
				file.force();
				this.folder.stat(draft).ifPresent((stat) -> this.clock.written(begun, stat.modifiedAt()));
			}
			catch (IOException ex) {
				return Optional.empty(); // another use of the directory says why
			}
			finally {
				discard(draft);
			}
		}
		return this.clock.ahead();
	}

	private Disk.DiskFile create(Path directory, Path draft) throws IOException {
		try {
			this.disk.createDirectories(directory);
			try {
				return this.disk.create(draft);
			}
			catch (NoSuchFileException ex) {
				// retention removed the folder, empty until now, in between
				this.disk.createDirectories(directory);
				return this.disk.create(draft);
			}
		}
		catch (IOException ex) {
			throw this.folder.explain("write to", ex);
		}
	}

	private void writeDraft(Disk.DiskFile file, ObjectContent content) throws IOException {
		OutputStream out = new BufferedOutputStream(new DraftStream(file), BUFFER);
		content.writeTo(out);
		out.flush();
		try {
			file.force();
		}
		catch (IOException ex) {
			throw this.folder.explain("write to", ex);
		}
	}

	private void publish(Path draft, Path target) throws IOException {
		try {
			this.disk.move(draft, target); // commit point
			this.disk.forceDirectory(parent(target));
		}
		catch (IOException ex) {
			throw this.folder.explain("write to", ex);
		}
	}

	private void discard(Path draft) {
		try {
			this.disk.deleteIfExists(draft);
		}
		catch (IOException ex) {
			// the failure that made it useless matters more; a later write deletes it
		}
	}

	/**
	 * Forces deletions, deletes what crashes left, and removes folders that are empty.
	 */
	void tidy(Generation generation) throws IOException {
		Path snapshots = this.folder.resolve(ReplicaLayout.snapshotsFolder(generation));
		Path wal = this.folder.resolve(ReplicaLayout.walFolder(generation));
		for (Path directory : List.of(snapshots, wal)) {
			deleteStaleDrafts(directory);
			removeIfEmpty(directory);
		}
		removeIfEmpty(parent(wal));
	}

	private void removeIfEmpty(Path directory) throws IOException {
		this.folder.emptied(directory);
		try {
			this.disk.deleteIfExists(directory);
			this.disk.forceDirectory(parent(directory));
		}
		catch (DirectoryNotEmptyException ex) {
			this.folder.filled(directory);
			this.disk.forceDirectory(directory);
		}
		catch (NoSuchFileException ex) {
			// its parent is gone already
		}
	}

	private void deleteStaleDrafts(Path directory) throws IOException {
		Instant limit = Instant.now().plus(this.clock.ahead().orElse(Duration.ZERO)).minus(STALE);
		for (Path path : this.folder.list(directory)) {
			if (DRAFT.matcher(path.getFileName().toString()).matches()) {
				Optional<ReplicaFolder.Stat> stat = this.folder.stat(path);
				if (stat.isPresent() && stat.get().modifiedAt().isBefore(limit)) {
					this.disk.deleteIfExists(path);
				}
			}
		}
	}

	private static Path parent(Path path) {
		Path parent = path.getParent();
		if (parent == null) {
			throw new IllegalStateException("%s has no parent".formatted(path));
		}
		return parent;
	}

	/** What the content is written to; failures of the disk name the folder. */
	private final class DraftStream extends OutputStream {

		private final Disk.DiskFile file;

		private long position;

		DraftStream(Disk.DiskFile file) {
			this.file = file;
		}

		@Override
		public void write(int b) throws IOException {
			write(new byte[] { (byte) b }, 0, 1);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			try {
				this.file.write(this.position, bytes, offset, length);
			}
			catch (IOException ex) {
				throw FileObjectWriter.this.folder.explain("write to", ex);
			}
			this.position += length;
		}

	}

}
