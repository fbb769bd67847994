package org.litestream4j.boot.autoconfigure;

import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import org.litestream4j.boot.ReplicaClientFactory;

/**
 * Replicas in S3, if the AWS SDK is there.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(S3Client.class)
class S3ReplicaConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "s3ReplicaClientFactory")
	@Order
	ReplicaClientFactory s3ReplicaClientFactory(ObjectProvider<S3Client> client,
			ObjectProvider<SslBundles> sslBundles) {
		return new S3ReplicaClientFactory(client, sslBundles);
	}

}
