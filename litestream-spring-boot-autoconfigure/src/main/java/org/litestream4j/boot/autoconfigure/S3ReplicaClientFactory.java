package org.litestream4j.boot.autoconfigure;

import java.net.URI;
import java.util.List;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.ssl.NoSuchSslBundleException;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.boot.ssl.SslManagerBundle;
import org.springframework.util.StringUtils;

import org.litestream4j.boot.ReplicaClientFactory;
import org.litestream4j.boot.ReplicaDefinition;
import org.litestream4j.replica.ReplicaClient;
import org.litestream4j.replica.ReplicaUrl;
import org.litestream4j.replica.S3Clients;
import org.litestream4j.replica.S3Connection;
import org.litestream4j.replica.S3Location;
import org.litestream4j.replica.S3ReplicaClient;
import org.litestream4j.replica.S3ReplicaOptions;
import org.litestream4j.replica.S3Tls;

/**
 * Replicas in S3: through the application's own client as it is, or through one of the
 * replica's own that takes from it what the replica does not say.
 */
class S3ReplicaClientFactory implements ReplicaClientFactory {

	private final ObjectProvider<S3Client> client;

	private final ObjectProvider<SslBundles> sslBundles;

	S3ReplicaClientFactory(ObjectProvider<S3Client> client, ObjectProvider<SslBundles> sslBundles) {
		this.client = client;
		this.sslBundles = sslBundles;
	}

	@Override
	public boolean supports(String type) {
		return type.equals("s3");
	}

	@Override
	public ReplicaClient create(ReplicaDefinition definition) {
		S3Location location = location(definition);
		S3ReplicaOptions options = options(definition.storage());
		S3Connection connection = connection(definition);
		S3Client shared = this.client.getIfUnique();
		if (!connection.isDefault()) {
			return new S3ReplicaClient(S3Clients.create(connection, shared), true, location, options);
		}
		if (shared == null) {
			throw StartupFailures.noS3Client(definition);
		}
		return new S3ReplicaClient(shared, false, location, options);
	}

	private static S3Location location(ReplicaDefinition definition) {
		if (definition.url() != null) {
			ReplicaUrl.S3 url = (ReplicaUrl.S3) ReplicaUrl.parse(definition.url());
			return new S3Location(url.bucket(), url.prefix());
		}
		if (!StringUtils.hasText(definition.bucket())) {
			throw new IllegalArgumentException(
					"'%s.bucket' is not set: the name of the bucket is expected".formatted(definition.property()));
		}
		return S3Location.of(definition.bucket(), definition.path());
	}

	private S3Connection connection(ReplicaDefinition definition) {
		URI endpoint = StringUtils.hasText(definition.endpoint()) ? URI.create(definition.endpoint()) : null;
		return new S3Connection(endpoint, definition.region(), definition.forcePathStyle(), definition.accessKeyId(),
				definition.secretAccessKey(), definition.sessionToken(), tls(definition));
	}

	private @Nullable S3Tls tls(ReplicaDefinition definition) {
		String name = definition.sslBundle();
		if (!StringUtils.hasText(name)) {
			return null;
		}
		SslBundles bundles = this.sslBundles.getIfAvailable();
		try {
			if (bundles == null) {
				throw new NoSuchSslBundleException(name, "there are no bundles");
			}
			SslManagerBundle managers = bundles.getBundle(name).getManagers();
			return new S3Tls(List.of(managers.getTrustManagers()), List.of(managers.getKeyManagers()));
		}
		catch (NoSuchSslBundleException ex) {
			throw new IllegalArgumentException(
					"'%s.ssl-bundle' is '%s', but there is no such bundle: the name of one below spring.ssl.bundle is expected"
						.formatted(definition.property(), name),
					ex);
		}
	}

	private static S3ReplicaOptions options(ReplicaDefinition.Storage storage) {
		return new S3ReplicaOptions(storage.serverSideEncryption(), storage.kmsKeyId(), storage.bucketKeyEnabled(),
				storage.snapshotStorageClass(), storage.tags(), storage.partSize());
	}

}
