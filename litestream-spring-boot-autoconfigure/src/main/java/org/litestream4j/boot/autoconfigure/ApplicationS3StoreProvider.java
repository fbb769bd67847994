package org.litestream4j.boot.autoconfigure;

import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundle;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;

import org.litestream4j.boot.replication.StartupFailures;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;
import org.litestream4j.store.s3.S3Connection;
import org.litestream4j.store.s3.S3StoreProvider;
import org.litestream4j.store.s3.S3Stores;
import org.litestream4j.store.s3.S3Terms;
import org.litestream4j.store.s3.S3Tls;

/**
 * Stores in S3: through the application's own client as it is, or through one of the
 * replica's own that takes from it what the replica does not say. Thread-safe.
 */
class ApplicationS3StoreProvider implements StoreProvider {

	private static final String SSL_BUNDLE = "ssl-bundle";

	private final ObjectProvider<S3Client> client;

	private final ObjectProvider<SslBundles> sslBundles;

	/** One of each bundle, so that stores that trust the same share a client. */
	private final Map<SslBundle, S3Tls> trusted = new WeakHashMap<>();

	ApplicationS3StoreProvider(ObjectProvider<S3Client> client, ObjectProvider<SslBundles> sslBundles) {
		this.client = client;
		this.sslBundles = sslBundles;
	}

	@Override
	public boolean supports(String type) {
		return type.equals("s3");
	}

	@Override
	public List<String> urls() {
		return new S3StoreProvider().urls();
	}

	@Override
	public ObjectStore open(StoreDefinition definition) {
		S3Stores.requireKnown(definition, SSL_BUNDLE);
		S3Connection connection = S3Stores.connection(definition, tls(definition));
		S3Client shared = this.client.getIfUnique();
		if (!connection.isDefault()) {
			return S3Stores.open(definition, connection, shared, S3Terms.STARTER);
		}
		if (shared == null) {
			throw StartupFailures.noS3Client(definition);
		}
		return S3Stores.open(definition, shared);
	}

	private @Nullable S3Tls tls(StoreDefinition definition) {
		String name = definition.property(SSL_BUNDLE).orElse("");
		if (name.isBlank()) {
			return null;
		}
		SslBundles bundles = this.sslBundles.getIfAvailable();
		try {
			if (bundles == null) {
				throw new NoSuchSslBundleException(name, "there are no bundles");
			}
			return tls(bundles.getBundle(name));
		}
		catch (NoSuchSslBundleException ex) {
			throw new IllegalArgumentException(
					"'%s' is '%s', but there is no such bundle: the name of one below spring.ssl.bundle is expected"
						.formatted(definition.nameOf(SSL_BUNDLE), name),
					ex);
		}
	}

	private synchronized S3Tls tls(SslBundle bundle) {
		return this.trusted.computeIfAbsent(bundle, (missing) -> {
			SslManagerBundle managers = bundle.getManagers();
			return new S3Tls(List.of(managers.getTrustManagers()), List.of(managers.getKeyManagers()));
		});
	}

}
