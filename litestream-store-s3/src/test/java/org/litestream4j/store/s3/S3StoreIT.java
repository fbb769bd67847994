package org.litestream4j.store.s3;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore.Depth;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities.Conditions;
import org.litestream4j.store.StoredObject;
import org.litestream4j.testsupport.s3.S3Operation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/** {@link S3Store} on a server. */
class S3StoreIT extends S3ServerTest {

	private S3Store store;

	@BeforeEach
	void openStore() {
		this.store = new S3Store(this.fixture.client(), true, S3Location.of(this.fixture.bucket(), "team/app"),
				new S3ReplicaOptions(null, null, null, null, Map.of(), 5 << 20));
	}

	@AfterEach
	void closeStore() {
		assertThat(server.unfinishedUploads(this.fixture.bucket())).isZero();
		this.store.close();
	}

	private StoredObject put(NewObject object, byte[] content) throws IOException {
		return this.store.put(object, (out) -> out.write(content));
	}

	private byte[] read(StoredObject object, long from, long to) throws IOException {
		try (InputStream in = this.store.open(object, from, to)) {
			return in.readAllBytes();
		}
	}

	private List<String> names(String directory, Depth depth) throws IOException {
		List<String> names = new ArrayList<>();
		this.store.list(directory, depth, (object) -> names.add(object.name()));
		return names;
	}

	@Test
	void whatIsStoredIsListedReadInPartsAndDeleted() throws IOException {
		byte[] content = random(1000);
		StoredObject stored = put(NewObject.named("a/b/c").withMetadata(Map.of("committed-at", "now")), content);
		put(NewObject.named("a/d"), content);
		put(NewObject.named("e"), content);
		assertThat(names("", Depth.TREE)).containsExactlyInAnyOrder("a/b/c", "a/d", "e");
		assertThat(names("", Depth.DIRECTORY)).containsExactly("e");
		assertThat(names("a", Depth.DIRECTORY)).containsExactly("a/d");
		assertThat(names("x", Depth.TREE)).isEmpty();
		assertThat(this.store.directories("")).containsExactly("a");
		assertThat(this.store.directories("a")).containsExactly("b");
		assertThat(this.store.afresh().directories("a")).containsExactly("b");
		assertThat(read(stored, 0, StoredObject.END)).isEqualTo(content);
		assertThat(read(stored, 10, 20)).isEqualTo(Arrays.copyOfRange(content, 10, 20));
		assertThat(read(stored, 990, 5000)).hasSize(10);
		assertThat(read(stored, 1000, StoredObject.END)).isEmpty();
		assertThat(read(stored, 5, 5)).isEmpty();
		assertThat(this.store.metadata("a/b/c")).containsEntry("committed-at", "now");
		assertThat(this.store.stat("a/b/c")).hasValueSatisfying((found) -> {
			assertThat(found.size()).isEqualTo(1000);
			assertThat(found.tag()).isEqualTo(stored.tag());
		});
		this.store.delete(List.of("a/b/c", "nothing"));
		assertThat(this.store.stat("a/b/c")).isEmpty();
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> this.store.metadata("a/b/c"));
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> read(stored, 0, StoredObject.END));
	}

	@Test
	void objectThatWasReplacedIsNotReadAsTheOldOne() throws IOException {
		StoredObject old = put(NewObject.named("a"), random(1000));
		put(NewObject.named("a"), random(1001));
		assertThatExceptionOfType(ObjectReplacedException.class).isThrownBy(() -> read(old, 0, StoredObject.END));
		assertThatExceptionOfType(ObjectReplacedException.class).isThrownBy(() -> read(old, 1, 2));
	}

	@Test
	void listingStopsWhenNoMoreIsWanted() throws IOException {
		for (int i = 0; i < 3; i++) {
			put(NewObject.named("d/" + i), random(1));
		}
		server.requests().clear();
		List<String> seen = new ArrayList<>();
		this.store.list("d", Depth.TREE, (object) -> {
			seen.add(object.name());
			return false;
		});
		assertThat(seen).hasSize(1);
		assertThat(server.requests().counts()).isEqualTo(Map.of(S3Operation.LIST, 1));
	}

	/** In one request, and in a multipart upload. */
	@ParameterizedTest
	@ValueSource(ints = { 1000, 6 << 20 })
	void nameIsTakenOnceAndReplacedOnlyWhileUnchanged(int size) throws Exception {
		NewObject name = NewObject.named("d/a");
		StoredObject first = put(name.when(Precondition.ABSENT), random(size));
		assertThat(this.store.capabilities().conditions()).isEqualTo(Conditions.UNTRIED);
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(name.when(Precondition.ABSENT), random(size + 1)));
		assertThat(this.store.capabilities().conditions()).isEqualTo(Conditions.ATOMIC);
		Precondition unchanged = Precondition.unchanged(String.valueOf(first.tag()));
		StoredObject second = put(name.when(unchanged), random(size + 2));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(name.when(unchanged), random(size + 3)));
		assertThat(read(second, 0, StoredObject.END)).isEqualTo(random(size + 2));
		this.store.delete(List.of("d/a"));
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(name.when(Precondition.unchanged(String.valueOf(second.tag()))), random(size)));
		assertThat(this.store.stat("d/a")).isEmpty();
	}

	@Test
	void objectOfTheSameSizeIsAnotherOne() throws IOException {
		NewObject name = NewObject.named("d/a");
		StoredObject first = put(name, new byte[] { 1 });
		Precondition unchanged = Precondition.unchanged(String.valueOf(first.tag()));
		put(name.when(unchanged), new byte[] { 2 });
		assertThatExceptionOfType(PreconditionFailedException.class)
			.isThrownBy(() -> put(name.when(unchanged), new byte[] { 3 }));
	}

	@Test
	void ofManyWritersOneTakesTheName() throws Exception {
		ExecutorService writers = Executors.newFixedThreadPool(8);
		try {
			List<Callable<Boolean>> tasks = new ArrayList<>();
			for (int i = 0; i < 8; i++) {
				byte[] content = random(100 + i);
				tasks.add(() -> {
					try {
						put(NewObject.named("lease").when(Precondition.ABSENT), content);
						return true;
					}
					catch (PreconditionFailedException ex) {
						return false;
					}
				});
			}
			int winners = 0;
			for (Future<Boolean> each : writers.invokeAll(tasks)) {
				winners += each.get() ? 1 : 0;
			}
			assertThat(winners).isEqualTo(1);
		}
		finally {
			writers.shutdownNow();
		}
	}

}
