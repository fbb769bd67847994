package org.litestream4j.store.s3;

import java.util.List;

import javax.net.ssl.KeyManager;
import javax.net.ssl.TrustManager;

/**
 * Whom a client trusts, and as whom it appears, where that is not what the JVM says.
 *
 * @param trustManagers decide whether a store's certificate is good
 * @param keyManagers have the client's own certificate; empty for none
 */
public record S3Tls(List<TrustManager> trustManagers, List<KeyManager> keyManagers) {

	/**
	 * Creates it.
	 * @param trustManagers decide whether a store's certificate is good
	 * @param keyManagers have the client's own certificate; empty for none
	 */
	public S3Tls {
		trustManagers = List.copyOf(trustManagers);
		keyManagers = List.copyOf(keyManagers);
	}

}
