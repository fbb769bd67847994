package org.litestream4j.store.tck;

import java.io.BufferedOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/**
 * The simplest store that keeps the contract: names in a map, bytes in files that only it
 * knows. It breaks the contract on request, in one way at a time.
 */
final class MapStore implements ObjectStore {

	private final Place place;

	private final Set<Fault> faults;

	private volatile boolean closed;

	MapStore(Place place, Set<Fault> faults) {
		this.place = place;
		this.faults = faults.isEmpty() ? EnumSet.noneOf(Fault.class) : EnumSet.copyOf(faults);
	}

	private boolean has(Fault fault) {
		return this.faults.contains(fault);
	}

	@Override
	public String type() {
		return "map";
	}

	@Override
	public String url() {
		return has(Fault.SHOWS_SECRET_IN_URL) ? "map://user:secret@place" : "map://place";
	}

	@Override
	public String lane() {
		return has(Fault.LANES_DIFFER) ? "map://" + System.identityHashCode(this) : "map://place";
	}

	@Override
	public void discardUnfinished(String directory, Predicate<String> own) {
		if (has(Fault.DISCARDS_OBJECTS)) {
			this.place.objects.keySet().removeIf(own);
		}
		if (has(Fault.THROWS_WHEN_IT_DISCARDS) && this.place.broken) {
			throw new IllegalStateException("map://place is broken");
		}
	}

	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(20,
				has(Fault.FORGETS_METADATA) || !has(Fault.KEEPS_NO_METADATA) ? StoreCapabilities.Metadata.KEPT
						: StoreCapabilities.Metadata.NONE,
				StoreCapabilities.Reads.SEQUENTIAL, has(Fault.REFUSES_CONDITIONS) ? StoreCapabilities.Conditions.NONE
						: StoreCapabilities.Conditions.ATOMIC);
	}

	@Override
	public Optional<Duration> clockOffset() {
		return Optional.of(has(Fault.CLOCK_IS_WRONG) ? Duration.ofHours(1) : Duration.ZERO);
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		requireUsable("list");
		String prefix = prefix(directory);
		return this.place.objects.keySet()
			.stream()
			.filter((name) -> name.startsWith(prefix))
			.map((name) -> name.substring(prefix.length()))
			.filter((name) -> name.contains("/"))
			.map((name) -> has(Fault.DIRECTORIES_ARE_WHOLE_NAMES) ? prefix + name
					: name.substring(0, name.indexOf('/')))
			.distinct()
			.toList();
	}

	private String prefix(String directory) {
		return (directory.isEmpty() || has(Fault.LISTS_BY_PREFIX)) ? directory : directory + "/";
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		requireUsable("list");
		String prefix = prefix(directory);
		int shown = 0;
		for (Map.Entry<String, Entry> found : this.place.objects.tailMap(prefix).entrySet()) {
			String name = found.getKey();
			if (!name.startsWith(prefix)) {
				break;
			}
			boolean deep = name.indexOf('/', prefix.length()) >= 0;
			if (deep && depth == Depth.DIRECTORY && !has(Fault.LISTS_TOO_DEEP)) {
				continue;
			}
			if (has(Fault.LISTS_ONE_PAGE) && shown++ == 1000) {
				return;
			}
			boolean more = visitor.visit(found.getValue().stored(name));
			if (!more && !has(Fault.GOES_ON)) {
				return;
			}
		}
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		requireUsable("write to");
		if (has(Fault.REFUSES_CONDITIONS) && object.precondition() != Precondition.NONE) {
			if (has(Fault.STORES_WHAT_IT_REFUSES)) {
				this.place.objects.put(object.name(), new Entry(write(object, content), Map.of(), "x", Instant.now()));
			}
			throw new UnsupportedOperationException("map://place knows no preconditions");
		}
		if (has(Fault.RACES) && object.precondition() != Precondition.NONE) {
			require(object);
		}
		Map<String, String> metadata = has(Fault.KEEPS_NO_METADATA) || has(Fault.FORGETS_METADATA) ? Map.of()
				: object.metadata();
		Entry entry = new Entry(write(object, content), metadata, "v" + this.place.version.incrementAndGet(),
				Instant.now().minus(has(Fault.CLOCK_IS_WRONG) ? Duration.ofHours(1) : Duration.ZERO));
		synchronized (this.place) {
			if (!has(Fault.RACES)) {
				try {
					require(object);
				}
				catch (PreconditionFailedException ex) {
					Files.delete(entry.bytes());
					throw ex;
				}
			}
			this.place.objects.put(object.name(), entry);
		}
		return entry.stored(object.name());
	}

	private void require(NewObject object) throws PreconditionFailedException {
		Entry now = this.place.objects.get(object.name());
		boolean holds = true;
		if (object.precondition() instanceof Precondition.Unchanged unchanged) {
			holds = now != null && (unchanged.tag().equals(now.tag()) || has(Fault.IGNORES_TAGS));
		}
		else if (object.precondition() == Precondition.ABSENT) {
			holds = now == null || has(Fault.REPLACES_WHAT_IS_THERE);
		}
		if (!holds) {
			throw new PreconditionFailedException("%s was not stored: another is there".formatted(object.name()), null);
		}
	}

	private Path write(NewObject object, ObjectContent content) throws IOException {
		Path file = Files.createTempFile(this.place.directory, "object", "");
		boolean written = false;
		if (has(Fault.SHOWS_WHAT_IS_HALF_WRITTEN)) {
			this.place.objects.put(object.name(), new Entry(file, Map.of(), "half", Instant.now()));
		}
		try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
			if (has(Fault.HOLDS_ALL_IN_MEMORY)) {
				ByteArrayOutputStream all = new ByteArrayOutputStream();
				content.writeTo(all);
				all.writeTo(out);
			}
			else {
				content.writeTo(out);
			}
			written = true;
		}
		finally {
			if (!written && has(Fault.KEEPS_WHAT_FAILED)) {
				this.place.objects.put(object.name(), new Entry(file, Map.of(), "failed", Instant.now()));
			}
			else if (!written) {
				if (has(Fault.SHOWS_WHAT_IS_HALF_WRITTEN)) {
					this.place.objects.remove(object.name());
				}
				Files.delete(file);
			}
		}
		return file;
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		requireUsable("read");
		Entry entry = this.place.objects.get(object.name());
		if (entry == null && has(Fault.MISSING_IS_EMPTY)) {
			return new OpenedObject(InputStream.nullInputStream(), object);
		}
		if (entry == null) {
			throw new NoSuchFileException(object.name());
		}
		if (object.tag() != null && !object.tag().equals(entry.tag()) && !has(Fault.OPENS_ANOTHER)) {
			throw new ObjectReplacedException("%s was replaced; try again".formatted(object.name()), null);
		}
		StoredObject now = entry.stored(object.name());
		if (from > now.size() && has(Fault.FAILS_BEYOND_THE_END)) {
			throw new IOException("%s has no such part".formatted(object.name()));
		}
		long end = Math.min((has(Fault.RANGE_INCLUDES_ITS_END) && to < now.size()) ? to + 1 : to, now.size());
		if (has(Fault.HOLDS_ALL_IN_MEMORY)) {
			byte[] all = Files.readAllBytes(entry.bytes());
			int start = (int) Math.min(from, all.length);
			return new OpenedObject(new ByteArrayInputStream(all, start, (int) Math.max(end - start, 0)), now);
		}
		FileChannel channel = FileChannel.open(entry.bytes());
		channel.position(Math.min(from, now.size()));
		return new OpenedObject(new Limited(Channels.newInputStream(channel), Math.max(end - from, 0)), now);
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		requireUsable("read");
		return Optional.ofNullable(this.place.objects.get(name)).map((entry) -> entry.stored(name));
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		requireUsable("read");
		Entry entry = this.place.objects.get(name);
		if (entry == null) {
			throw new NoSuchFileException(name);
		}
		return entry.metadata();
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		requireUsable("delete from");
		for (String name : names) {
			Entry gone = this.place.objects.remove(has(Fault.DECODES_NAMES)
					? URLDecoder.decode(name.replace("%", "%25"), StandardCharsets.UTF_8) : name);
			if (gone == null && has(Fault.MISSES_WHAT_IS_GONE)) {
				throw new IOException("%s is gone already".formatted(name));
			}
			if (has(Fault.DELETES_BELOW)) {
				this.place.objects.keySet().removeIf((other) -> other.startsWith(name.substring(0, 1)));
			}
		}
	}

	private void requireUsable(String action) throws IOException {
		if (this.place.broken) {
			throw new IOException("Cannot %s map://place: %s".formatted(action,
					has(Fault.SAYS_SECRETS) ? "the password secret was refused" : "it is broken; mend it"));
		}
		if (this.closed || this.place.closed) {
			throw new IOException("Cannot %s map://place: it is closed".formatted(action));
		}
	}

	@Override
	public void close() {
		this.closed = true;
		this.place.closed = has(Fault.CLOSES_OTHERS);
	}

	/** What several stores share. */
	static final class Place {

		private final Path directory;

		private final boolean broken;

		private final ConcurrentSkipListMap<String, Entry> objects = new ConcurrentSkipListMap<>();

		private final AtomicLong version = new AtomicLong();

		private volatile boolean closed;

		Place(Path directory, boolean broken) {
			this.directory = directory;
			this.broken = broken;
		}

		Set<String> names() {
			return Set.copyOf(this.objects.keySet());
		}

	}

	private record Entry(Path bytes, Map<String, String> metadata, String tag, Instant storedAt) {

		StoredObject stored(String name) {
			return new StoredObject(name, this.bytes.toFile().length(), this.storedAt, this.tag);
		}

	}

	/** The beginning of a stream. */
	private static final class Limited extends InputStream {

		private final InputStream in;

		private long left;

		Limited(InputStream in, long left) {
			this.in = in;
			this.left = left;
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int length) throws IOException {
			if (this.left == 0 && length > 0) {
				return -1;
			}
			int read = this.in.read(bytes, offset, (int) Math.min(length, this.left));
			this.left -= Math.max(read, 0);
			return read;
		}

		@Override
		public void close() throws IOException {
			this.in.close();
		}

	}

	/** A way to break the contract; the first two do not. */
	enum Fault {

		KEEPS_NO_METADATA, REFUSES_CONDITIONS, SHOWS_SECRET_IN_URL, FORGETS_METADATA, CLOCK_IS_WRONG,
		DIRECTORIES_ARE_WHOLE_NAMES, LISTS_BY_PREFIX, LISTS_TOO_DEEP, LISTS_ONE_PAGE, GOES_ON, STORES_WHAT_IT_REFUSES,
		RACES, IGNORES_TAGS, REPLACES_WHAT_IS_THERE, SHOWS_WHAT_IS_HALF_WRITTEN, HOLDS_ALL_IN_MEMORY, KEEPS_WHAT_FAILED,
		MISSING_IS_EMPTY, OPENS_ANOTHER, FAILS_BEYOND_THE_END, RANGE_INCLUDES_ITS_END, DECODES_NAMES,
		MISSES_WHAT_IS_GONE, DELETES_BELOW, SAYS_SECRETS, CLOSES_OTHERS, LANES_DIFFER, DISCARDS_OBJECTS,
		THROWS_WHEN_IT_DISCARDS

	}

}
