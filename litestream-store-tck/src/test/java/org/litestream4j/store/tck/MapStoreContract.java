package org.litestream4j.store.tck;

import java.nio.file.Path;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;

/** Runs the contract on a map; with faults too, one class each. */
class MapStoreContract extends ObjectStoreContract {

	/** What the store does wrong; set by who runs this. */
	static volatile Set<MapStore.Fault> faults = EnumSet.noneOf(MapStore.Fault.class);

	@TempDir
	private Path directory;

	private MapStore.@Nullable Place place;

	@Override
	protected ObjectStore newStore() {
		return new MapStore(place(), faults);
	}

	@Override
	protected ObjectStore newFailingStore() {
		return new MapStore(new MapStore.Place(this.directory, true), faults);
	}

	@Override
	protected Set<String> storedNames() {
		return place().names();
	}

	@Override
	protected void putForeign(String name, byte[] content) throws Exception {
		try (ObjectStore foreign = new MapStore(place(), Set.of())) {
			foreign.put(NewObject.named(name), (out) -> out.write(content));
		}
	}

	@Override
	protected Collection<String> secrets() {
		return List.of("secret");
	}

	private MapStore.Place place() {
		MapStore.Place known = this.place;
		if (known == null) {
			known = new MapStore.Place(this.directory, false);
			this.place = known;
		}
		return known;
	}

}
