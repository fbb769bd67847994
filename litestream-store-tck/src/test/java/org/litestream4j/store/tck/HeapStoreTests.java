package org.litestream4j.store.tck;

import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.ObjectStore.Depth;

/** The documents' example keeps the contract. */
class HeapStoreTests extends ObjectStoreContract {

	private final HeapStore store = new HeapStore();

	@Override
	protected ObjectStore newStore() {
		return this.store;
	}

	@Override
	protected ObjectStore newFailingStore() {
		return (ObjectStore) Proxy.newProxyInstance(ObjectStore.class.getClassLoader(),
				new Class<?>[] { ObjectStore.class }, (proxy, method, arguments) -> {
					if (List.of(method.getExceptionTypes()).contains(IOException.class)) {
						throw new IOException("Cannot reach heap://here: it is away; bring it back");
					}
					try {
						return method.invoke(this.store, arguments);
					}
					catch (InvocationTargetException ex) {
						throw ex.getCause();
					}
				});
	}

	@Override
	protected Set<String> storedNames() throws IOException {
		Set<String> names = new HashSet<>();
		this.store.list("", Depth.TREE, (object) -> names.add(object.name()));
		return names;
	}

	@Override
	protected void putForeign(String name, byte[] content) throws IOException {
		this.store.put(NewObject.named(name), (out) -> out.write(content));
	}

	/** What it keeps is in memory. */
	@Override
	protected long largeObjectSize() {
		return 4 << 20;
	}

}
