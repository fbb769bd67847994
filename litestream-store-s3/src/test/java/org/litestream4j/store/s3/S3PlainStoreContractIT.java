package org.litestream4j.store.s3;

import java.io.IOException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link S3PlainStore} as every store has to be, with a server that verifies signatures:
 * all reading by a store that did not need the SDK before, all else by another one.
 */
class S3PlainStoreContractIT extends S3StoreContractIT {

	@Override
	ObjectStore store(S3Connection connection, S3Location location) {
		return new ReadPlainly(connection, location);
	}

	/** A new plain store for each listing and each object that is read or asked about. */
	private static final class ReadPlainly implements ObjectStore {

		private final S3Connection connection;

		private final S3Location location;

		private final S3Store full;

		ReadPlainly(S3Connection connection, S3Location location) {
			this.connection = connection;
			this.location = location;
			this.full = new S3Store(S3Clients.create(connection, null), true, location, S3ReplicaOptions.DEFAULTS);
		}

		private S3PlainStore plain() {
			S3PlainConnection plain = S3PlainConnection.of(this.connection, (name) -> null, (name) -> null)
				.orElseThrow();
			return new S3PlainStore(plain, this.location, S3Terms.STARTER,
					() -> new S3Store(S3Clients.create(this.connection, null), false, this.location,
							S3ReplicaOptions.DEFAULTS));
		}

		@Override
		public String type() {
			return plain().type();
		}

		@Override
		public String url() {
			return plain().url();
		}

		@Override
		public String lane() {
			return plain().lane();
		}

		@Override
		public StoreCapabilities capabilities() {
			StoreCapabilities.Conditions conditions = this.full.capabilities().conditions();
			StoreCapabilities capabilities = plain().capabilities();
			return new StoreCapabilities(capabilities.concurrentReads(), capabilities.metadata(), capabilities.reads(),
					conditions);
		}

		@Override
		public List<String> directories(String parent) throws IOException {
			S3PlainStore plain = plain();
			List<String> found = plain.directories(parent);
			assertThat(plain.isFull()).isFalse();
			return found;
		}

		@Override
		public void list(String parent, Depth depth, ObjectVisitor visitor) throws IOException {
			S3PlainStore plain = plain();
			plain.list(parent, depth, visitor);
			assertThat(plain.isFull()).isFalse();
		}

		@Override
		public OpenedObject open(StoredObject object, long from, long to) throws IOException {
			return plain().open(object, from, to);
		}

		@Override
		public StoredObject put(NewObject object, ObjectContent content) throws IOException {
			return this.full.put(object, content);
		}

		@Override
		public Optional<StoredObject> stat(String name) throws IOException {
			S3PlainStore plain = plain();
			Optional<StoredObject> found = plain.stat(name);
			assertThat(plain.isFull()).isFalse();
			return found;
		}

		@Override
		public Map<String, String> metadata(String name) throws IOException {
			return plain().metadata(name);
		}

		@Override
		public void delete(Collection<String> names) throws IOException {
			this.full.delete(names);
		}

		@Override
		public void close() {
			this.full.close();
		}

	}

}
