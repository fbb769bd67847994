package org.litestream4j.store.s3;

import java.util.List;

import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.StoreDefinition;
import org.litestream4j.store.StoreProvider;

/**
 * Makes stores in S3, with clients of their own. Can be loaded without the AWS SDK, and
 * supports nothing then.
 */
public final class S3StoreProvider implements StoreProvider {

	private final S3Terms terms;

	/** Creates a provider; usually {@link java.util.ServiceLoader} does. */
	public S3StoreProvider() {
		this(S3Terms.STARTER);
	}

	/**
	 * Creates a provider.
	 * @param terms of who reads the errors
	 */
	public S3StoreProvider(S3Terms terms) {
		this.terms = terms;
	}

	@Override
	public boolean supports(String type) {
		return type.equals("s3") && hasSdk();
	}

	private static boolean hasSdk() {
		try {
			Class.forName("software.amazon.awssdk.services.s3.S3Client", false, S3StoreProvider.class.getClassLoader());
			return true;
		}
		catch (ClassNotFoundException ex) {
			return false;
		}
	}

	@Override
	public List<String> urls() {
		return List.of("s3://bucket/prefix");
	}

	@Override
	public ObjectStore open(StoreDefinition definition) {
		S3Stores.requireKnown(definition);
		return S3Stores.open(definition, S3Stores.connection(definition, null), null, this.terms);
	}

}
