import { describeClients } from './describe-clients.ts';

describeClients(17);
