package org.litestream4j.io;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import org.litestream4j.io.Survival.Fate;

/**
 * What {@link PowerCutDisk} knows of a file or directory: what was forced, and what was
 * changed since. Not thread-safe.
 */
sealed interface DiskNode {

	/** Writes to a real disk what could be there after a power cut. */
	void materialise(Path target, Survival survival) throws IOException;

	/** The bytes of a file, whatever its names are. */
	final class FileNode implements DiskNode {

		private static final int SECTOR = 512;

		/** A write, or a truncation if there are no bytes. */
		private record Change(long position, Optional<byte[]> bytes) {

			long sizeAfter(long size) {
				return this.bytes.map((written) -> Math.max(size, this.position + written.length))
					.orElse(this.position);
			}

		}

		private byte[] forced;

		private final List<Change> changes = new ArrayList<>();

		/** Listings tell objects apart by it. */
		private Instant modified;

		FileNode(byte[] forced, Instant modified) {
			this.forced = forced;
			this.modified = modified;
		}

		void write(long position, byte[] bytes, int offset, int length) {
			this.modified = Instant.now();
			this.changes.add(new Change(position, Optional.of(Arrays.copyOfRange(bytes, offset, offset + length))));
		}

		void truncate(long size) {
			this.modified = Instant.now();
			this.changes.add(new Change(size, Optional.empty()));
		}

		void force() {
			this.forced = after(Survival.everything());
			this.changes.clear();
		}

		private byte[] after(Survival survival) {
			byte[] content = this.forced;
			int size = content.length;
			for (Change change : this.changes) {
				Fate fate = survival.change();
				if (fate == Fate.DROPPED) {
					continue;
				}
				int newSize = Math.toIntExact(change.sizeAfter(size));
				content = withRoom(content, newSize);
				Arrays.fill(content, Math.min(size, newSize), Math.max(size, newSize), (byte) 0);
				size = newSize;
				byte[] bytes = change.bytes().orElse(new byte[0]);
				int position = (int) change.position();
				if (fate == Fate.KEPT) {
					System.arraycopy(bytes, 0, content, position, bytes.length);
				}
				else if (fate == Fate.TORN) {
					tear(content, position, bytes, survival);
				}
			}
			return Arrays.copyOf(content, size);
		}

		/** A copy of the forced bytes, or the same array if it already is one. */
		private byte[] withRoom(byte[] content, int size) {
			if (content != this.forced && content.length >= size) {
				return content;
			}
			return Arrays.copyOf(content, Math.max(content.length, 2 * size));
		}

		private static void tear(byte[] content, int position, byte[] bytes, Survival survival) {
			int end = position + bytes.length;
			for (int from = position; from < end;) {
				int to = Math.min(end, (from / SECTOR + 1) * SECTOR);
				if (survival.sector()) {
					System.arraycopy(bytes, from - position, content, from, to - from);
				}
				from = to;
			}
		}

		@Override
		public void materialise(Path target, Survival survival) throws IOException {
			Files.write(target, after(survival));
			Files.setLastModifiedTime(target, FileTime.from(this.modified));
		}

	}

	/** The names in a directory. */
	final class DirectoryNode implements DiskNode {

		private Map<String, DiskNode> forced = new TreeMap<>();

		private Map<String, DiskNode> current = new TreeMap<>();

		/** All names as they were after each change since they were forced. */
		private final List<Map<String, DiskNode>> changes = new ArrayList<>();

		Optional<DiskNode> find(String name) {
			return Optional.ofNullable(this.current.get(name));
		}

		/** Adds or replaces a name. */
		void put(String name, DiskNode node) {
			Map<String, DiskNode> names = new TreeMap<>(this.current);
			names.put(name, node);
			change(names);
		}

		/** Takes a name away. */
		void remove(String name) {
			Map<String, DiskNode> names = new TreeMap<>(this.current);
			names.remove(name);
			change(names);
		}

		/** Changes a name, at once. */
		void rename(String source, String target, DiskNode node) {
			Map<String, DiskNode> names = new TreeMap<>(this.current);
			names.remove(source);
			names.put(target, node);
			change(names);
		}

		private void change(Map<String, DiskNode> names) {
			this.current = names;
			this.changes.add(names);
		}

		void force() {
			this.forced = this.current;
			this.changes.clear();
		}

		@Override
		public void materialise(Path target, Survival survival) throws IOException {
			Files.createDirectories(target);
			int kept = survival.names(this.changes.size());
			Map<String, DiskNode> names = (kept == 0) ? this.forced : this.changes.get(kept - 1);
			for (Map.Entry<String, DiskNode> entry : names.entrySet()) {
				entry.getValue().materialise(target.resolve(entry.getKey()), survival);
			}
		}

	}

}
