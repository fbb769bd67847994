package org.litestream4j.store;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.litestream4j.io.AtomicFile;
import org.litestream4j.io.Disk;
import org.litestream4j.io.DiskOutputStream;
import org.litestream4j.io.WaitingLock;

/**
 * Writes the objects of a store of files: whole or not at all, also across a power cut.
 * Thread-safe.
 */
final class FileObjectWriter {

	/*-
	 * A draft is in its object's directory, so that the rename is atomic:
	 *
	 * .<object>.<16 hex, another one each time>.tmp
	 */
	private static final Pattern DRAFT = Pattern.compile("\\..+\\.[0-9a-f]{16}\\.tmp");

	/**
	 * A draft that nobody has written to for this long was left by a crash. A younger one
	 * may be another process's, at work right now.
	 */
	private static final Duration STALE = Duration.ofMinutes(15);

	/** How long to wait for another who replaces the same object. */
	private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

	/** Of what is written in many small pieces. */
	private static final int LARGE_BUFFER = 1 << 18;

	/** Fresh memory takes time, and a segment is written at once mostly. */
	private static final int SMALL_BUFFER = 1 << 14;

	/** How often somebody else may be faster; each time one was, so that all get on. */
	private static final int TRIES = 20;

	/** Begins anywhere, so that no other process counts there. */
	private static final AtomicLong NEXT = new AtomicLong(new SecureRandom().nextLong());

	private final ReplicaDirectory directory;

	private final Disk disk;

	/** Directories where this writer has looked for what crashes left. */
	private final Set<Path> cleaned = ConcurrentHashMap.newKeySet();

	private final FileClock clock = new FileClock();

	private volatile StoreCapabilities.Conditions conditions = StoreCapabilities.Conditions.UNTRIED;

	FileObjectWriter(ReplicaDirectory directory, Disk disk) {
		this.directory = directory;
		this.disk = disk;
	}

	/** Whether preconditions are decided atomically, as far as one was tried. */
	StoreCapabilities.Conditions conditions() {
		return this.conditions;
	}

	/** Writes an object. */
	StoredObject write(NewObject object, ObjectContent content) throws IOException {
		requireSupported(object);
		Path target = this.directory.resolve(object.name());
		this.directory.requirePresent(target);
		Path directory = parent(target);
		this.directory.requireNoLink(directory);
		if (object.neighbors() == NewObject.Neighbors.EXPECTED) {
			this.directory.requireNotVanished(directory);
		}
		Instant begun = Instant.now();
		Path draft = directory.resolve(draftName(target.getFileName().toString()));
		StoredObject stored;
		boolean published = false;
		try (Disk.DiskFile file = create(directory, draft)) {
			writeDraft(file, object.weight(), content);
			// Before it has its name: then another may have it already
			this.clock.written(begun, attributes(draft).lastModifiedTime().toInstant());
			date(draft, object.dated());
			stored = FileStore.stored(object.name(), attributes(draft));
			// Before too: then another may remove it, with its directory
			this.directory.filled(directory);
			publish(draft, target, object);
			published = true;
		}
		finally {
			if (!published) {
				discard(draft);
			}
		}
		if (this.cleaned.add(directory)) {
			deleteStaleDrafts(directory);
		}
		return stored;
	}

	/** An object that does not get its date is listed with that of now. */
	private static void date(Path draft, @Nullable Instant date) {
		if (date != null) {
			try {
				Files.setLastModifiedTime(draft, FileTime.from(date));
			}
			catch (IOException ex) {
				// not all file systems can
			}
		}
	}

	private void requireSupported(NewObject object) {
		if (this.conditions == StoreCapabilities.Conditions.NONE && object.precondition() != Precondition.NONE) {
			throw unsupported(object, null);
		}
	}

	private UnsupportedOperationException unsupported(NewObject object, @Nullable Exception cause) {
		return new UnsupportedOperationException(
				"%s cannot be stored on a condition: the file system of the replica directory %s has no hard links"
					.formatted(object.name(), this.directory.root()),
				cause);
	}

	private BasicFileAttributes attributes(Path written) throws IOException {
		return this.directory.object(written)
			.orElseThrow(() -> this.directory.explain("write to", new NoSuchFileException(written.toString())));
	}

	/**
	 * How far the clock that dates the files is ahead of ours. If nothing was written yet
	 * a draft is written, and deleted again; empty where that is not possible.
	 */
	Optional<Duration> clockOffset() {
		Path root = this.directory.root();
		if (!this.clock.isKnown() && Files.isDirectory(root, LinkOption.NOFOLLOW_LINKS)) {
			Path draft = root.resolve(draftName("clock"));
			Instant begun = Instant.now();
			try (Disk.DiskFile file = this.disk.create(draft)) {
				file.write(0, new byte[1], 0, 1);
				file.force();
				this.directory.object(draft)
					.ifPresent((stat) -> this.clock.written(begun, stat.lastModifiedTime().toInstant()));
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
			for (int attempt = 1;; attempt++) {
				try {
					this.disk.createDirectories(directory);
					return this.disk.create(draft);
				}
				catch (NoSuchFileException | FileAlreadyExistsException ex) {
					// Somebody removes the directory, empty until now, at the same time:
					// it
					// is not there for the draft, or not any more when it was in the way
					if (attempt == TRIES) {
						throw ex;
					}
				}
			}
		}
		catch (IOException ex) {
			throw this.directory.explain("write to", ex);
		}
	}

	/** Not formatted: every segment waits for this. */
	private static String draftName(String object) {
		return '.' + object + '.' + HexFormat.of().toHexDigits(NEXT.getAndIncrement()) + AtomicFile.DRAFT_SUFFIX;
	}

	private void writeDraft(Disk.DiskFile file, NewObject.Weight weight, ObjectContent content) throws IOException {
		OutputStream out = new BufferedOutputStream(new DraftStream(file),
				(weight == NewObject.Weight.HEAVY) ? LARGE_BUFFER : SMALL_BUFFER);
		content.writeTo(out);
		out.flush();
		try {
			file.force();
		}
		catch (IOException ex) {
			throw this.directory.explain("write to", ex);
		}
	}

	private void publish(Path draft, Path target, NewObject object) throws IOException {
		try {
			if (object.precondition() instanceof Precondition.Unchanged unchanged) {
				replace(draft, target, unchanged.tag());
			}
			else if (object.precondition() == Precondition.ABSENT) {
				link(draft, target, object);
			}
			else {
				this.disk.move(draft, target); // commit point
			}
			this.disk.forceDirectory(parent(target));
		}
		catch (PreconditionFailedException ex) {
			throw ex;
		}
		catch (IOException ex) {
			throw this.directory.explain("write to", ex);
		}
	}

	/** A link takes a name only if it is free, whoever else wants it. */
	private void link(Path draft, Path target, NewObject object) throws IOException {
		try {
			this.disk.link(draft, target); // commit point
			this.conditions = StoreCapabilities.Conditions.ATOMIC;
		}
		catch (FileAlreadyExistsException ex) {
			throw new PreconditionFailedException("%s was not stored: it is there already".formatted(target), ex);
		}
		catch (UnsupportedOperationException ex) {
			this.conditions = StoreCapabilities.Conditions.NONE;
			throw unsupported(object, ex);
		}
		discard(draft);
	}

	/**
	 * Nothing compares and renames in one step: who replaces on this condition holds a
	 * lock.
	 */
	private void replace(Path draft, Path target, String tag) throws IOException {
		long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
		Path lock = target.resolveSibling(".%s.lock".formatted(target.getFileName()));
		WaitingLock held = WaitingLock.acquire(lock, () -> System.nanoTime() > deadline);
		try {
			Optional<StoredObject> now = this.directory.object(target)
				.map((attributes) -> FileStore.stored(target.toString(), attributes));
			if (now.isEmpty() || !tag.equals(now.get().tag())) {
				throw new PreconditionFailedException("%s was not replaced: %s since it was looked at".formatted(target,
						now.isEmpty() ? "it was deleted" : "another has replaced it"), null);
			}
			this.disk.move(draft, target); // commit point
		}
		finally {
			held.close();
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
	 * Forces deletions, deletes what crashes left, and removes directories that are
	 * empty. Not those directly in the root: they show that it is the replica's, and no
	 * place where it is to be mounted.
	 */
	void tidy(Path directory) throws IOException {
		deleteStaleDrafts(directory);
		if (directory.equals(this.directory.root()) || parent(directory).equals(this.directory.root())) {
			if (Files.isDirectory(directory)) {
				this.disk.forceDirectory(directory);
			}
			return;
		}
		removeIfEmpty(directory);
		for (Path above = parent(directory); !parent(above).equals(this.directory.root()); above = parent(above)) {
			tidyBelow(above);
			removeIfEmpty(above);
		}
	}

	/** A draft in another directory must not keep the one that both are in. */
	private void tidyBelow(Path above) throws IOException {
		List<Path> directories = new ArrayList<>();
		this.directory.visit(above, (path) -> {
			if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
				directories.add(path);
			}
			return true;
		});
		for (Path directory : directories) {
			if (deleteStaleDrafts(directory)) {
				removeIfEmpty(directory);
			}
		}
	}

	private void removeIfEmpty(Path directory) throws IOException {
		this.directory.emptied(directory);
		try {
			this.disk.deleteIfExists(directory);
			this.directory.emptied(directory); // if another found it in place until now
			this.disk.forceDirectory(parent(directory));
		}
		catch (DirectoryNotEmptyException ex) {
			this.directory.filled(directory);
			forceIfThere(directory);
		}
		catch (NoSuchFileException ex) {
			// its parent is gone already
		}
	}

	/** Another thread may have emptied and removed it. */
	private void forceIfThere(Path directory) throws IOException {
		try {
			this.disk.forceDirectory(directory);
		}
		catch (NoSuchFileException ex) {
			this.directory.emptied(directory);
		}
	}

	/** Returns whether there were any. */
	private boolean deleteStaleDrafts(Path directory) throws IOException {
		Instant limit = Instant.now().plus(this.clock.ahead().orElse(Duration.ZERO)).minus(STALE);
		List<Path> stale = new ArrayList<>();
		this.directory.visit(directory, (path) -> {
			if (DRAFT.matcher(path.getFileName().toString()).matches()) {
				this.directory.object(path)
					.filter((stat) -> stat.lastModifiedTime().toInstant().isBefore(limit))
					.ifPresent((stat) -> stale.add(path));
			}
			return true;
		});
		for (Path path : stale) {
			this.disk.deleteIfExists(path);
		}
		return !stale.isEmpty();
	}

	private static Path parent(Path path) {
		Path parent = path.getParent();
		if (parent == null) {
			throw new IllegalStateException("%s has no parent".formatted(path));
		}
		return parent;
	}

	/** What the content is written to; failures of the disk name the directory. */
	private final class DraftStream extends DiskOutputStream {

		DraftStream(Disk.DiskFile file) {
			super(file);
		}

		@Override
		public void write(byte[] bytes, int offset, int length) throws IOException {
			try {
				super.write(bytes, offset, length);
			}
			catch (IOException ex) {
				throw FileObjectWriter.this.directory.explain("write to", ex);
			}
		}

	}

}
