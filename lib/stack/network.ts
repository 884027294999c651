// The network of a cluster, which is there already: its subnets and security group by their ids, without a look at AWS; and the
// one thing that is added to it, a door to Secrets Manager for functions that have no way out.

import { Annotations, Fn } from 'aws-cdk-lib';
import {
  InterfaceVpcEndpoint,
  InterfaceVpcEndpointAwsService,
  type ISecurityGroup,
  type ISubnet,
  type IVpc,
  Port,
  SecurityGroup,
  Subnet,
  Vpc,
} from 'aws-cdk-lib/aws-ec2';
import { Construct } from 'constructs';
import type { VpcSettings } from '../config/settings-types.ts';

export interface Network {
  readonly vpcId: string;
  readonly vpc: IVpc;
  readonly subnets: readonly ISubnet[];
  readonly subnetIds: readonly string[];
  readonly securityGroup: ISecurityGroup;
  /** Whether the zones of the subnets are known. */
  readonly hasZones: boolean;
}

/** Subnets need a zone in the CDK even where nobody asks for it: these names appear in no template. */
const unknownZone = (index: number) => `zone-unknown-${index}`;

/** The network that the settings name. Adds nothing to it. */
export function importNetwork(scope: Construct, settings: VpcSettings): Network {
  const known = settings.availabilityZones;
  const zones = settings.subnets.map((_, index) => known[index] ?? unknownZone(index));
  const place = new Construct(scope, 'Network');
  const subnets = settings.subnets.map((subnetId, index) =>
    Subnet.fromSubnetAttributes(place, subnetId, {
      subnetId,
      availabilityZone: zones[index] ?? unknownZone(index),
    }),
  );
  // Nobody here asks for route tables, which the CDK would like to know.
  Annotations.of(place).acknowledgeWarning('@aws-cdk/aws-ec2:noSubnetRouteTableId');
  return {
    vpcId: settings.id,
    vpc: Vpc.fromVpcAttributes(place, 'Vpc', { vpcId: settings.id, availabilityZones: zones }),
    subnets,
    subnetIds: settings.subnets,
    securityGroup: SecurityGroup.fromSecurityGroupId(place, 'Group', settings.securityGroup, {
      mutable: false,
    }),
    hasZones: known.length > 0,
  };
}

/**
 * Interface endpoints of Secrets Manager, one per VPC. Without private DNS, so that nothing else in the VPC notices it, and
 * a VPC that has one already is no obstacle.
 */
export class SecretsDoors {
  readonly #scope: Construct;
  readonly #doors = new Map<
    string,
    { readonly url: string; readonly group: SecurityGroup; readonly callers: Set<string> }
  >();

  constructor(scope: Construct) {
    this.#scope = scope;
  }

  /** URL for AWS_ENDPOINT_URL_SECRETS_MANAGER, open to the network's security group. */
  urlFor(network: Network): string {
    const door = this.#doors.get(network.vpcId) ?? this.#make(network);
    const caller = network.securityGroup.securityGroupId;
    if (!door.callers.has(caller)) {
      door.callers.add(caller);
      door.group.addIngressRule(network.securityGroup, Port.tcp(443), 'functions that read certificates');
    }
    return door.url;
  }

  #make(network: Network) {
    const { vpc, vpcId } = network;
    const place = new Construct(this.#scope, `Secrets-${vpcId}`);
    const group = new SecurityGroup(place, 'Group', {
      vpc,
      description: 'Secrets Manager for the functions of tidb-pitr',
      allowAllOutbound: false,
    });
    const endpoint = new InterfaceVpcEndpoint(place, 'Endpoint', {
      vpc,
      service: InterfaceVpcEndpointAwsService.SECRETS_MANAGER,
      privateDnsEnabled: false,
      open: false,
      securityGroups: [group],
      // AWS refuses two subnets of one zone: where the zones are not known, one subnet has to do.
      subnets: { subnets: network.hasZones ? onePerZone(network.subnets) : network.subnets.slice(0, 1) },
    });
    // The first name is the regional one: `zone id:host`.
    const host = Fn.select(1, Fn.split(':', Fn.select(0, endpoint.vpcEndpointDnsEntries)));
    const door = { url: `https://${host}`, group, callers: new Set<string>() };
    this.#doors.set(vpcId, door);
    return door;
  }
}

function onePerZone(subnets: readonly ISubnet[]): ISubnet[] {
  const byZone = new Map(subnets.toReversed().map((subnet) => [subnet.availabilityZone, subnet]));
  return [...byZone.values()];
}
