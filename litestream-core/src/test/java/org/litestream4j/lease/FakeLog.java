package org.litestream4j.lease;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

import org.litestream4j.format.Generation;
import org.litestream4j.format.WalPosition;
import org.litestream4j.format.Writer;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoredObject;

/**
 * A log whose segments hold numbers instead of frames, in any store: each says which
 * numbers its writer believes to stand before it, so that one that is torn is noticed.
 * Thread-safe.
 */
final class FakeLog implements LogAccess {

	private static final String DIRECTORY = "generations";

	private static final int HEADER = 32;

	private static final int EACH = 100;

	private final ObjectStore store;

	FakeLog(ObjectStore store) {
		this.store = store;
	}

	/**
	 * An object.
	 *
	 * @param before the numbers that its writer believes to stand before it; null: it is
	 * a fence
	 * @param numbers what it adds
	 */
	record Segment(WalPosition at, Writer writer, @Nullable List<Integer> before, List<Integer> numbers) {

		long end() {
			return Math.max(this.at.offset(), (this.at.offset() == 0) ? HEADER : 0) + (long) EACH * this.numbers.size();
		}

		boolean isFence() {
			return this.before == null;
		}

		byte[] bytes() {
			String before = (this.before != null) ? words(this.before) : "fence";
			return "%s|%d|%s|%s".formatted(this.writer.runId(), this.writer.epoch(), before, words(this.numbers))
				.getBytes(StandardCharsets.UTF_8);
		}

		static Segment of(WalPosition at, byte[] bytes) {
			String[] parts = new String(bytes, StandardCharsets.UTF_8).split("\\|", -1);
			return new Segment(at, new Writer(parts[0], Long.parseLong(parts[1])),
					parts[2].equals("fence") ? null : parsed(parts[2]), parsed(parts[3]));
		}

	}

	private static String words(List<Integer> numbers) {
		return numbers.stream().map(Object::toString).collect(Collectors.joining(" "));
	}

	private static List<Integer> parsed(String words) {
		return words.isEmpty() ? List.of() : Stream.of(words.split(" ")).map(Integer::valueOf).toList();
	}

	private static String name(WalPosition at) {
		return "%s/%s/wal/%08x_%08x".formatted(DIRECTORY, at.generation(), at.index(), at.offset());
	}

	private static String snapshot(Generation generation) {
		return "%s/%s/snapshot".formatted(DIRECTORY, generation);
	}

	void putSnapshot(Generation generation, List<Integer> numbers) throws IOException {
		byte[] bytes = words(numbers).getBytes(StandardCharsets.UTF_8);
		this.store.put(NewObject.named(snapshot(generation)), (out) -> out.write(bytes));
	}

	/**
	 * What a restore of a generation gives.
	 * @throws IllegalStateException if a segment does not continue what stands before it
	 */
	List<Integer> restore(Generation generation) throws IOException {
		StoredObject snapshot = this.store.stat(snapshot(generation)).orElseThrow();
		List<Integer> restored;
		try (InputStream in = this.store.open(snapshot, 0, StoredObject.END)) {
			restored = parsed(new String(in.readAllBytes(), StandardCharsets.UTF_8));
		}
		for (Segment each : log(generation)) {
			if (each.before() == null) {
				continue;
			}
			List<Integer> whole = new ArrayList<>(each.before());
			whole.addAll(each.numbers());
			if (startsWith(restored, whole)) {
				continue; // the snapshot holds it already
			}
			if (!startsWith(restored, each.before()) || !startsWith(whole, restored)) {
				throw new IllegalStateException("torn: %s after %s".formatted(each, restored));
			}
			restored = whole;
		}
		return restored;
	}

	private static boolean startsWith(List<Integer> list, List<Integer> prefix) {
		return list.size() >= prefix.size() && list.subList(0, prefix.size()).equals(prefix);
	}

	/** Returns whether it is there: false if another's is. */
	boolean put(Segment segment) throws IOException {
		String name = name(segment.at());
		try {
			this.store.put(NewObject.named(name).when(Precondition.ABSENT), (out) -> out.write(segment.bytes()));
			return true;
		}
		catch (PreconditionFailedException ex) {
			return segment.equals(read(segment.at(), this.store.stat(name).orElseThrow()));
		}
	}

	private Segment read(WalPosition at, StoredObject object) throws IOException {
		try (InputStream in = this.store.open(object, 0, StoredObject.END)) {
			return Segment.of(at, in.readAllBytes());
		}
	}

	@Override
	public boolean putFence(WalPosition at, Writer writer) throws IOException {
		return put(new Segment(at, writer, null, List.of()));
	}

	@Override
	public Catalog catalog() throws IOException {
		TreeSet<String> snapshots = new TreeSet<>();
		TreeMap<String, TreeMap<String, StoredObject>> all = new TreeMap<>();
		this.store.list(DIRECTORY, Depth.TREE, (object) -> {
			String[] parts = object.name().split("/");
			if (parts.length == 3) {
				snapshots.add(parts[1]);
			}
			else {
				all.computeIfAbsent(parts[1], (generation) -> new TreeMap<>()).put(parts[3], object);
			}
			return true;
		});
		List<Catalog.Log> logs = new ArrayList<>();
		for (Map.Entry<String, TreeMap<String, StoredObject>> each : all.entrySet()) {
			List<Segment> log = log(new Generation(each.getKey()), each.getValue());
			Segment last = log.get(log.size() - 1);
			boolean fenced = last.isFence() && last.at().offset() > 0;
			logs.add(new Catalog.Log(last.at().generation(), snapshots.contains(each.getKey()),
					last.at().at(last.end()), fenced));
		}
		return new Catalog(logs);
	}

	/** The objects of a generation, in order. */
	List<Segment> log(Generation generation) throws IOException {
		TreeMap<String, StoredObject> objects = new TreeMap<>();
		this.store.list("%s/%s/wal".formatted(DIRECTORY, generation), Depth.DIRECTORY, (object) -> {
			objects.put(object.fileName(), object);
			return true;
		});
		return log(generation, objects);
	}

	/** Fails where one does not begin where the one before ends. */
	private List<Segment> log(Generation generation, SortedMap<String, StoredObject> objects) throws IOException {
		List<Segment> log = new ArrayList<>();
		WalPosition end = new WalPosition(generation, 0, 0);
		for (Map.Entry<String, StoredObject> each : objects.entrySet()) {
			String[] parts = each.getKey().split("_");
			WalPosition at = new WalPosition(generation, Integer.parseInt(parts[0], 16), Long.parseLong(parts[1], 16));
			Segment segment = read(at, each.getValue());
			boolean continues = at.equals(end) || (at.index() == end.index() + 1 && at.offset() == 0);
			if (!continues) {
				throw new IllegalStateException("torn: %s after %s".formatted(segment, log));
			}
			end = at.at(segment.end());
			log.add(segment);
		}
		return log;
	}

	@Override
	public Optional<ChainEnd> end(Generation generation) {
		throw new UnsupportedOperationException("takeovers do not ask for it");
	}

}
