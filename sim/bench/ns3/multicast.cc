/*
 * The workload of sim/bench/network.ts for ns-3: HOSTS hosts on one segment, each multicasts 200 B every U(0.5, 1.5) s, each
 * receiver loses one packet in five, and a counter takes what arrives. Prints one line: deliveries for each second of CPU time,
 * and how many events of the simulator each of them took.
 *
 * The channel is ns-3's cheapest, which carries frames and nothing more; with --csma one that waits for a free cable as well.
 * For comparison by hand, no part of any gate. With what Debian 12 has (apt-get install g++ pkg-config libns3-dev libgsl-dev):
 *
 *     g++ -O3 -DNDEBUG -std=c++17 -o /tmp/multicast sim/bench/ns3/multicast.cc $(pkg-config --cflags --libs ns3-internet ns3-csma)
 *     /tmp/multicast && /tmp/multicast --csma && npm run bench -- network
 *
 * Measured so, three times in turn on one busy machine with two cores, deliveries for each second of CPU with 8 hosts: ns-3 3.37
 * 0.27 to 0.28 M, with CSMA 0.25 to 0.26 M; ours 4.88 to 4.96 M, which is 18 times as many.
 */
#include <ctime>
#include <iostream>
#include "ns3/core-module.h"
#include "ns3/csma-module.h"
#include "ns3/internet-module.h"
#include "ns3/network-module.h"

using namespace ns3;

static const uint16_t port = 55556;
static uint64_t delivered = 0;
static uint64_t wanted = 1000000;

static void Hear(Ptr<Socket> socket)
{
  while (socket->Recv()) {
    if (++delivered == wanted) Simulator::Stop();
  }
}

static void Speak(Ptr<Socket> socket, Ptr<UniformRandomVariable> pause)
{
  static const uint8_t bytes[200] = {0};
  socket->SendTo(Create<Packet>(bytes, sizeof bytes), 0, InetSocketAddress(Ipv4Address("224.0.0.251"), port));
  Simulator::Schedule(Seconds(pause->GetValue(0.5, 1.5)), &Speak, socket, pause);
}

int main(int argc, char *argv[])
{
  uint32_t hosts = 8;
  bool csma = false;
  CommandLine line(__FILE__);
  line.AddValue("hosts", "machines on the segment", hosts);
  line.AddValue("deliveries", "after so many it ends", wanted);
  line.AddValue("csma", "CSMA instead of the simple channel", csma);
  line.Parse(argc, argv);

  NodeContainer nodes;
  nodes.Create(hosts);
  NetDeviceContainer devices;
  if (csma) {
    CsmaHelper helper;
    helper.SetChannelAttribute("DataRate", StringValue("1Gbps"));
    helper.SetChannelAttribute("Delay", TimeValue(MicroSeconds(500)));
    devices = helper.Install(nodes);
  } else {
    SimpleNetDeviceHelper helper;
    helper.SetChannelAttribute("Delay", TimeValue(MicroSeconds(500)));
    devices = helper.Install(nodes);
  }
  InternetStackHelper internet;
  internet.SetIpv6StackInstall(false);
  internet.Install(nodes);
  Ipv4AddressHelper addresses("10.0.0.0", "255.255.0.0");
  addresses.Assign(devices);

  auto pause = CreateObject<UniformRandomVariable>();
  for (uint32_t i = 0; i < hosts; i++) {
    auto loss = CreateObject<RateErrorModel>();
    loss->SetUnit(RateErrorModel::ERROR_UNIT_PACKET);
    loss->SetRate(0.2);
    devices.Get(i)->SetAttribute("ReceiveErrorModel", PointerValue(loss));
    auto socket = Socket::CreateSocket(nodes.Get(i), UdpSocketFactory::GetTypeId());
    socket->Bind(InetSocketAddress(Ipv4Address::GetAny(), port));
    // A multicast of the link has no route: its interface has to be said.
    socket->BindToNetDevice(devices.Get(i));
    socket->SetRecvCallback(MakeCallback(&Hear));
    Simulator::Schedule(Seconds(pause->GetValue(0, 1)), &Speak, socket, pause);
  }

  const clock_t begun = std::clock();
  Simulator::Run();
  const double seconds = double(std::clock() - begun) / CLOCKS_PER_SEC;
  std::cout << "ns-3 " << (csma ? "csma" : "simple") << ": " << hosts << " hosts, " << delivered << " deliveries, "
            << uint64_t(delivered / seconds) << " for each second of CPU, "
            << double(Simulator::GetEventCount()) / delivered << " events each\n";
  Simulator::Destroy();
  return delivered == wanted ? 0 : 1;
}
