package org.litestream4j.store;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.io.SystemDisk;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.testing.DelegatingDisk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class FileStoreTests {

	@TempDir
	private Path root;

	private FileStore store;

	@BeforeEach
	void createStore() {
		this.store = new FileStore(this.root, SystemDisk.ownerOnly());
	}

	@Test
	void oneOfManyWhoPutIfAbsentWins() throws Exception {
		assertThat(this.store.capabilities().conditions()).isEqualTo(Conditions.UNTRIED);
		List<String> won = inParallel(8, (number) -> {
			FileStore other = new FileStore(this.root, SystemDisk.ownerOnly());
			String content = "writer " + number;
			try {
				StoredObject stored = other.put(NewObject.named("d/lease").when(Precondition.ABSENT), content(content));
				assertThat(stored).isEqualTo(other.stat("d/lease").orElseThrow());
				return content;
			}
			catch (PreconditionFailedException ex) {
				return "";
			}
		});
		won.removeIf(String::isEmpty);
		assertThat(won).hasSize(1);
		assertThat(read("d/lease")).isEqualTo(won.get(0));
		assertThat(files("d")).containsExactly("lease");
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(NewObject.named("d/lease").when(Precondition.ABSENT), "late"));
		this.store.delete(List.of("d/lease"));
		put(NewObject.named("d/lease").when(Precondition.ABSENT), "late");
		assertThat(this.store.capabilities().conditions()).isEqualTo(Conditions.ATOMIC);
	}

	@Test
	void oneOfManyWhoPutIfUnchangedWinsEachTime() throws Exception {
		put(NewObject.named("d/counter"), "0");
		AtomicInteger counted = new AtomicInteger();
		inParallel(4, (number) -> {
			FileStore other = new FileStore(this.root, SystemDisk.ownerOnly());
			for (int i = 0; i < 20; i++) {
				StoredObject before = other.stat("d/counter").orElseThrow();
				try (InputStream in = other.open(before, 0, StoredObject.END)) {
					int count = Integer.parseInt(new String(in.readAllBytes(), StandardCharsets.UTF_8));
					other.put(NewObject.named("d/counter").when(unchanged(before)), content(String.valueOf(count + 1)));
					counted.incrementAndGet();
				}
				catch (PreconditionFailedException | ObjectReplacedException ex) {
					// another was faster
				}
			}
			return "";
		});
		assertThat(counted.get()).isPositive();
		assertThat(read("d/counter")).isEqualTo(counted.toString());
		assertThat(files("d")).containsExactly("counter");
	}

	@Test
	void objectThatIsGoneOrReplacedIsNotUnchanged() throws Exception {
		StoredObject first = put(NewObject.named("d/o"), "first");
		StoredObject second = put(NewObject.named("d/o").when(unchanged(first)), "other");
		assertThat(second.tag()).isNotEqualTo(first.tag());
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(NewObject.named("d/o").when(unchanged(first)), "third"))
			.withMessageContaining("another has replaced it");
		this.store.delete(List.of("d/o"));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(NewObject.named("d/o").when(unchanged(second)), "third"))
			.withMessageContaining("it was deleted");
		assertThat(this.root.resolve("d")).isEmptyDirectory();
	}

	@Test
	void withoutHardLinksAConditionIsRefusedAndSaidSo() throws Exception {
		FileStore linkless = new FileStore(this.root, new DelegatingDisk() {
			@Override
			public void link(Path file, Path name) {
				throw new UnsupportedOperationException("as on FAT");
			}
		});
		for (int i = 0; i < 2; i++) {
			assertThatExceptionOfType(UnsupportedOperationException.class)
				.isThrownBy(() -> linkless.put(NewObject.named("d/o").when(Precondition.ABSENT), content("x")))
				.withMessageContaining("has no hard links");
			assertThat(linkless.capabilities().conditions()).isEqualTo(Conditions.NONE);
		}
		assertThat(this.store.stat("d/o")).isEmpty();
		assertThat(this.root.resolve("d")).isEmptyDirectory();
	}

	@Test
	void partsOfAnObjectAreRead() throws Exception {
		StoredObject object = put(NewObject.named("o"), "0123456789");
		assertThat(read(object, 0, StoredObject.END)).isEqualTo("0123456789");
		assertThat(read(object, 3, 5)).isEqualTo("34");
		assertThat(read(object, 7, StoredObject.END)).isEqualTo("789");
		assertThat(read(object, 7, 100)).isEqualTo("789");
		assertThat(read(object, 10, StoredObject.END)).isEmpty();
		assertThat(read(object, 20, 30)).isEmpty();
		try (OpenedObject opened = this.store.open(new StoredObject("o", -1, Instant.EPOCH, null), 2, 4)) {
			assertThat(opened.object()).isEqualTo(object);
		}
	}

	@Test
	void objectThatWasReplacedIsNotOpened() throws Exception {
		StoredObject first = put(NewObject.named("o"), "first");
		put(NewObject.named("o"), "other");
		assertThatExceptionOfType(ObjectReplacedException.class).isThrownBy(() -> read(first, 0, StoredObject.END));
		this.store.delete(List.of("o"));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> read(first, 0, StoredObject.END));
		assertThat(this.store.stat("o")).isEmpty();
	}

	@Test
	void treeIsListedAsDeepAsItIsAndUntilTheVisitorHasEnough() throws Exception {
		for (String name : List.of("a/b/c/1", "a/b/2", "a/3", "4")) {
			put(NewObject.named(name), name);
		}
		Files.createFile(this.root.resolve("a/.hidden"));
		Files.createDirectory(this.root.resolve(".snapshot"));
		assertThat(names("", Depth.TREE)).containsExactly("4", "a/3", "a/b/2", "a/b/c/1");
		assertThat(names("a/b", Depth.TREE)).containsExactly("a/b/2", "a/b/c/1");
		assertThat(names("a", Depth.DIRECTORY)).containsExactly("a/3");
		assertThat(names("", Depth.DIRECTORY)).containsExactly("4");
		assertThat(this.store.directories("")).containsExactly("a");
		assertThat(this.store.directories("a/b")).containsExactly("c");
		assertThat(this.store.directories("none")).isEmpty();
		AtomicInteger visited = new AtomicInteger();
		this.store.list("", Depth.TREE, (object) -> visited.incrementAndGet() < 2);
		assertThat(visited).hasValue(2);
	}

	@Test
	void failureOfAVisitorIsNotBlamedOnTheDirectory() throws Exception {
		put(NewObject.named("a/b/c"), "c");
		IOException failure = new NoSuchFileException("elsewhere");
		assertThatExceptionOfType(NoSuchFileException.class)
			.isThrownBy(() -> this.store.list("", Depth.TREE, (object) -> {
				throw failure;
			}))
			.isSameAs(failure);
	}

	@Test
	void namesThatAreNoneAreRefused() {
		for (String name : List.of("", "/a", "a/", "a//b", "../a", "a/./b", ".a")) {
			assertThatIllegalArgumentException().isThrownBy(() -> NewObject.named(name));
		}
	}

	private static Precondition unchanged(StoredObject object) {
		return Precondition.unchanged(Objects.requireNonNull(object.tag()));
	}

	private StoredObject put(NewObject object, String content) throws IOException {
		return this.store.put(object, content(content));
	}

	private static ObjectContent content(String content) {
		return (out) -> out.write(content.getBytes(StandardCharsets.UTF_8));
	}

	private String read(String name) throws IOException {
		return read(this.store.stat(name).orElseThrow(), 0, StoredObject.END);
	}

	private String read(StoredObject object, long from, long to) throws IOException {
		try (InputStream in = this.store.open(object, from, to)) {
			return new String(in.readAllBytes(), StandardCharsets.UTF_8);
		}
	}

	private Set<String> names(String directory, Depth depth) throws IOException {
		Set<String> names = new TreeSet<>();
		this.store.list(directory, depth, (object) -> names.add(object.name()));
		return names;
	}

	private List<String> files(String directory) throws IOException {
		try (var files = Files.list(this.root.resolve(directory))) {
			return files.map((path) -> path.getFileName().toString()).toList();
		}
	}

	private interface Task {

		String run(int number) throws IOException;

	}

	private static List<String> inParallel(int threads, Task task) throws Exception {
		ExecutorService executor = Executors.newFixedThreadPool(threads);
		try {
			List<Callable<String>> tasks = new ArrayList<>();
			for (int i = 0; i < threads; i++) {
				int number = i;
				tasks.add(() -> task.run(number));
			}
			List<String> results = new ArrayList<>();
			for (Future<String> future : executor.invokeAll(tasks)) {
				results.add(future.get());
			}
			return results;
		}
		finally {
			executor.shutdownNow();
		}
	}

}
