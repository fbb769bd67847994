package org.litestream4j.boot.autoconfigure;

import software.amazon.awssdk.services.s3.S3Client;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;

import org.litestream4j.store.StoreProvider;
import org.litestream4j.store.s3.S3Store;

/**
 * Replicas in S3, if the store and the AWS SDK are there.
 */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass({ S3Client.class, S3Store.class })
class S3ReplicaConfiguration {

	@Bean
	@ConditionalOnMissingBean(name = "litestreamS3StoreProvider")
	@Order
	StoreProvider litestreamS3StoreProvider(ObjectProvider<S3Client> client, ObjectProvider<SslBundles> sslBundles) {
		return new ApplicationS3StoreProvider(client, sslBundles);
	}

}
